/** The measurements of the open study, in the side panel: a click goes there, the chosen one can be named and removed. */
import { ActionIcon, TextInput, Tooltip } from '@mantine/core';
import { IconDownload, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { Annotation } from '../../native/contract/annotations.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { bridge } from '../bridge.ts';
import { callEngine } from '../engine.ts';
import { failed, notice } from '../ui/notice.ts';
import { useView } from '../ui/store.ts';
import { gridOf } from '../viewer/grid.ts';
import { useArrival, useOpenVoxels } from '../viewer/useVoxels.ts';
import type { Voxels } from '../viewer/voxels.ts';
import { annotationsQuery, jumpTo, removeSelected, saveAnnotation, useMeasurements } from './annotations.ts';
import { sliceOf } from './geometry.ts';
import { kinds, linesOf } from './kinds.ts';

export function AnnotationList() {
  const row = useView((s) => s.row);
  const { data: annotations = [] } = useQuery(annotationsQuery(row));
  const selected = useMeasurements((s) => s.selected);
  if (!row || annotations.length === 0) return null;
  return (
    <section className="panel" aria-label="Measurements of the study" data-testid="annotation-list">
      <header className="panel-head">
        <b>Measurements</b>
        <span className="spacer" />
        <ExportButton row={row} annotations={annotations.filter(({ volume }) => volume === row.id)} />
      </header>
      <div className="volume-lesions">
        {annotations.map((each) => (
          <div key={each.id}>
            <button
              type="button"
              className="row"
              data-testid="annotation-row"
              aria-pressed={each.id === selected}
              onClick={() => void jumpTo(each)}
            >
              <span className="row-name">{each.label || kinds[each.kind].name}</span>
              <span className="spacer" />
              <span className="row-size">
                {each.volume === row.id ? <Values annotation={each} /> : 'other series'}
              </span>
            </button>
            {each.id === selected && each.volume === row.id && <Naming key={each.id} annotation={each} />}
          </div>
        ))}
      </div>
    </section>
  );
}

function Values({ annotation }: { annotation: Annotation }) {
  const row = useView((s) => s.row);
  const voxels = useVoxelsOf(annotation.volume);
  useArrival(voxels);
  if (!row) return null;
  const grid = gridOf(row);
  const slice = sliceOf(annotation.points, annotation.plane, grid) + 1;
  return (
    <>
      {linesOf(annotation, grid, voxels)[0] ?? ''}
      <span className="dim">
        {' '}
        {annotation.plane} {slice}
      </span>
    </>
  );
}

function useVoxelsOf(volume: string): Voxels | null {
  const open = useOpenVoxels((s) => s.voxels);
  return open?.volume === volume && !open.released ? open : null;
}

/** Writes those of the open volume as a table; its voxels have to be there for their HU. */
function ExportButton({ row, annotations }: { row: VolumeRow; annotations: readonly Annotation[] }) {
  const voxels = useVoxelsOf(row.id);
  useArrival(voxels);
  const save = useMutation({
    mutationFn: async () => {
      const target = await bridge.chooseExport('measurements.csv');
      if (!target) return null;
      const grid = gridOf(row);
      const rows = annotations.map((each) => ({
        ...each,
        slice: sliceOf(each.points, each.plane, grid) + 1,
        values: kinds[each.kind].measure(each, grid, voxels),
      }));
      await callEngine('annotations.export', { rows, target: target.token });
      return target.label;
    },
    onSuccess: (label) => {
      if (label) notice('done', 'Measurements saved', label);
    },
    onError: (error) => failed('The measurements were not saved', error),
  });
  return (
    <Tooltip label="Save those of this series as a table (CSV)" openDelay={400}>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label="Save the measurements of this series as a table"
        data-testid="export-measurements"
        disabled={annotations.length === 0 || !voxels?.complete}
        onClick={() => save.mutate()}
      >
        <IconDownload size={14} />
      </ActionIcon>
    </Tooltip>
  );
}

function Naming({ annotation }: { annotation: Annotation }) {
  const keep = (label: string) => {
    if (label !== annotation.label) saveAnnotation({ ...annotation, label });
  };
  return (
    <div className="annotation-naming">
      <TextInput
        size="xs"
        aria-label="Name of the measurement"
        placeholder="Name"
        maxLength={200}
        defaultValue={annotation.label}
        onBlur={(event) => keep(event.currentTarget.value.trim())}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
        }}
      />
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label="Remove the measurement"
        onClick={removeSelected}
      >
        <IconTrash size={14} />
      </ActionIcon>
    </div>
  );
}
