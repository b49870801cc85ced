/** The measurements of the open study, in the side panel: a click goes there, the chosen one can be named and removed. */
import { useQuery } from '@tanstack/react-query';
import type { Annotation } from '../../native/contract/annotations.ts';
import { useIdentity } from '../ui/identity.ts';
import { NoteLine } from '../ui/NoteLine.tsx';
import { useView } from '../ui/store.ts';
import { gridOf } from '../viewer/grid.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import { useArrival, useOpenVoxels } from '../viewer/useVoxels.ts';
import type { Voxels } from '../viewer/voxels.ts';
import { annotationsQuery, jumpTo, removeSelected, saveAnnotation, useMeasurements } from './annotations.ts';
import { sliceOf } from './geometry.ts';
import { kinds, linesOf } from './kinds.ts';
import { SaveMeasurements } from './SaveMeasurements.tsx';

export function AnnotationList() {
  const row = useView((s) => s.row);
  const keyOf = useShownKey();
  const identity = useIdentity();
  const { data: annotations = [] } = useQuery(annotationsQuery(row));
  const selected = useMeasurements((s) => s.selected);
  const lesion = useView((s) => s.lesion !== null && s.lesion.volume === s.row?.id);
  if (!row || (annotations.length === 0 && !lesion)) return null;
  return (
    <section className="panel" aria-label="Measurements of the study" data-testid="annotation-list">
      <header className="panel-head">
        <b>Measurements</b>
        <span className="spacer" />
        <SaveMeasurements row={row} annotations={annotations.filter(({ volume }) => volume === row.id)} />
      </header>
      {annotations.length === 0 && (
        <p className="panel-note">None drawn yet ({keyOf('measure length')} measures a length).</p>
      )}
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
              <span className="row-name">{identity.text(each.label) || kinds[each.kind].name}</span>
              <span className="spacer" />
              <span className="row-size">
                {each.volume === row.id ? <Values annotation={each} /> : 'other series'}
              </span>
            </button>
            {each.id === selected && each.volume === row.id && (
              <Naming key={`${each.id} ${identity.hidden}`} annotation={each} />
            )}
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

function Naming({ annotation }: { annotation: Annotation }) {
  return (
    <NoteLine
      name="Name of the measurement"
      placeholder="Name"
      text={annotation.label}
      keep={(label) => saveAnnotation({ ...annotation, label })}
      removeName="Remove the measurement"
      remove={removeSelected}
    />
  );
}
