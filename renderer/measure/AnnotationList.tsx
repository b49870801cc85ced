/** The measurements of the open study, in the side panel: a click goes there, the chosen one can be named and removed. */
import { ActionIcon, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Annotation } from '../../native/contract/annotations.ts';
import { useView } from '../ui/store.ts';
import { gridOf } from '../viewer/grid.ts';
import { useArrival, useOpenVoxels } from '../viewer/useVoxels.ts';
import { annotationsQuery, jumpTo, removeSelected, saveAnnotation, useMeasurements } from './annotations.ts';
import { sliceOf } from './geometry.ts';
import { kinds } from './kinds.ts';

export function AnnotationList() {
  const row = useView((s) => s.row);
  const { data: annotations = [] } = useQuery(annotationsQuery(row));
  const selected = useMeasurements((s) => s.selected);
  if (!row || annotations.length === 0) return null;
  return (
    <section className="panel" aria-label="Measurements of the study" data-testid="annotation-list">
      <header className="panel-head">
        <b>Measurements</b>
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
  const open = useOpenVoxels((s) => s.voxels);
  const voxels = open?.volume === annotation.volume && !open.released ? open : null;
  useArrival(voxels);
  if (!row) return null;
  const grid = gridOf(row);
  const slice = sliceOf(annotation.points, annotation.plane, grid) + 1;
  return (
    <>
      {kinds[annotation.kind].values(annotation, grid, voxels)[0] ?? ''}
      <span className="dim">
        {' '}
        {annotation.plane} {slice}
      </span>
    </>
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
