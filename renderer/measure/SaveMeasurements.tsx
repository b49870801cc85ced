/** Takes the measurements of the open series, and the chosen lesion, out of the library: as a table or as a DICOM report. */
import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import type { Annotation } from '../../native/contract/annotations.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { bridge } from '../bridge.ts';
import { callEngine } from '../engine.ts';
import { useExportRefusal } from '../lock/session.ts';
import { IdentityItem } from '../takeaway/IdentityItem.tsx';
import { savedAs, takeIdentity } from '../takeaway/takeAway.ts';
import { failed, notice } from '../ui/notice.ts';
import { useView } from '../ui/store.ts';
import { gridOf } from '../viewer/grid.ts';
import { useArrival, useOpenVoxels } from '../viewer/useVoxels.ts';
import { sliceOf } from './geometry.ts';
import { kinds } from './kinds.ts';

type Format = 'table' | 'report';

const suggested: Readonly<Record<Format, string>> = {
  table: 'measurements.csv',
  report: 'measurements.dcm',
};

/** The voxels of the open volume have to be there for their HU. */
export function SaveMeasurements(props: { row: VolumeRow; annotations: readonly Annotation[] }) {
  const { row, annotations } = props;
  const open = useOpenVoxels((s) => s.voxels);
  const voxels = open?.volume === row.id && !open.released ? open : null;
  useArrival(voxels);
  const lesion = useView((s) => (s.lesion?.volume === row.id ? s.lesion : null));
  const save = useMutation({
    mutationFn: async (format: Format) => {
      const target = await bridge.chooseExport(suggested[format]);
      if (!target) return null;
      const grid = gridOf(row);
      const rows = annotations.map((each) => ({
        ...each,
        slice: sliceOf(each.points, each.plane, grid) + 1,
        values: kinds[each.kind].measure(each, grid, voxels),
      }));
      // The table names nobody in any case.
      const identified = format === 'report' && takeIdentity();
      if (format === 'table') await callEngine('annotations.export', { rows, target: target.token });
      else
        await callEngine('annotations.exportReport', {
          volume: row.id,
          rows,
          lesion: lesion?.id,
          identified,
          target: target.token,
        });
      return { label: target.label, identified };
    },
    onSuccess: (saved) => {
      if (saved) notice('done', savedAs(saved.identified), saved.label);
    },
    onError: (error) => failed('The measurements were not saved', error),
  });
  const refusal = useExportRefusal();
  const none = annotations.length === 0;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Tooltip label={refusal ?? 'Save the measurements of this series'} openDelay={400}>
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label="Save the measurements of this series"
            data-testid="save-measurements"
            loading={save.isPending}
            disabled={refusal !== undefined || (none && !lesion) || !voxels?.complete}
          >
            <IconDownload size={14} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item data-testid="export-measurements" disabled={none} onClick={() => save.mutate('table')}>
          As table (CSV)…
        </Menu.Item>
        <Menu.Item data-testid="export-report" onClick={() => save.mutate('report')}>
          {lesion ? `With the lesion “${lesion.name}” as` : 'As'} DICOM SR…
        </Menu.Item>
        <Menu.Divider />
        <IdentityItem />
      </Menu.Dropdown>
    </Menu>
  );
}
