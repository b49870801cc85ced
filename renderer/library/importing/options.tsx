/** How an import shall be done: the same choices for one import and for a watched folder. */
import { Checkbox, SegmentedControl } from '@mantine/core';
import type { ImportOptions } from '../../../native/contract/jobs.ts';

export const usualOptions: ImportOptions = {
  lesionPer: 'roi',
  copy: false,
  deidentify: false,
  onConflict: 'ask',
};

export function OptionFields(props: { value: ImportOptions; change: (options: ImportOptions) => void }) {
  const { value, change } = props;
  return (
    <>
      <div className="panel-label">One lesion for each</div>
      <SegmentedControl
        size="xs"
        aria-label="One lesion for each"
        value={value.lesionPer}
        onChange={(per) => change({ ...value, lesionPer: per === 'component' ? 'component' : 'roi' })}
        data={[
          { value: 'roi', label: 'Region name' },
          { value: 'component', label: 'Connected part' },
        ]}
      />
      <Checkbox
        size="xs"
        label="Copy the image files into the library (otherwise they stay where they are and are only read)"
        checked={value.copy || value.deidentify}
        disabled={value.deidentify}
        onChange={(event) => change({ ...value, copy: event.currentTarget.checked })}
      />
      <Checkbox
        size="xs"
        label="De-identify (DICOM PS3.15 Basic Profile): the library keeps copies without names, with shifted dates and new UIDs; text in the pixels stays"
        checked={value.deidentify}
        data-testid="import-deidentify"
        onChange={(event) => change({ ...value, deidentify: event.currentTarget.checked })}
      />
    </>
  );
}
