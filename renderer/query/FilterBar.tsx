/** What hits there are: the query's own patient or not, how many of one patient, how many in all. */
import { Checkbox, NumberInput, Select, Tooltip } from '@mantine/core';
import { setSearchOptions, useView } from '../ui/store.ts';

export function FilterBar() {
  const options = useView((s) => s.options);
  return (
    <div className="filter-bar" data-testid="filter-bar">
      <Checkbox
        size="xs"
        label="Same patient"
        checked={options.includeSamePatient}
        onChange={(event) => setSearchOptions({ includeSamePatient: event.currentTarget.checked })}
      />
      <Tooltip label="Hits of one patient at most">
        <NumberInput
          size="xs"
          w={104}
          suffix=" per patient"
          min={1}
          max={50}
          aria-label="Hits of one patient at most"
          value={options.hitsPerPatient}
          onChange={(value) => {
            if (typeof value === 'number' && value >= 1)
              setSearchOptions({ hitsPerPatient: Math.min(50, value) });
          }}
        />
      </Tooltip>
      <Select
        size="xs"
        w={84}
        aria-label="How many hits"
        allowDeselect={false}
        data={['10', '20', '50'].map((n) => ({ value: n, label: `${n} hits` }))}
        value={String(options.top)}
        onChange={(value) => setSearchOptions({ top: Number(value ?? 10) })}
      />
    </div>
  );
}
