/** While no lesion is chosen: those of the open volume, to choose from. */
import { useQuery } from '@tanstack/react-query';
import { Empty } from '../ui/Empty.tsx';
import { mm } from '../ui/format.ts';
import { useView } from '../ui/store.ts';
import { volumeQuery } from '../viewer/lesionMasks.ts';
import { openLesion } from './open.ts';

export function VolumeLesions() {
  const row = useView((s) => s.row);
  const detail = useQuery(volumeQuery(row?.id ?? null));
  const lesions = detail.data?.lesions ?? [];
  return (
    <section className="panel" aria-label="Lesions of the open volume">
      <header className="panel-head">
        <b>{lesions.length > 0 ? 'Lesions of this volume' : 'Lesion'}</b>
      </header>
      {lesions.length > 0 ? (
        <div className="volume-lesions">
          {lesions.map((lesion) => (
            <button
              key={lesion.id}
              type="button"
              className="row"
              data-testid="volume-lesion"
              onClick={() => void openLesion(lesion)}
            >
              <span className="row-name">{lesion.name}</span>
              <span className="spacer" />
              <span className="row-size">{mm(lesion.diameterMm)}</span>
            </button>
          ))}
        </div>
      ) : (
        <Empty
          title="No lesion chosen"
          text="Choose one in the library, or draw around one with a region tool (E, B, D, S)."
        />
      )}
      {detail.data?.volume.warnings.map((warning) => (
        <p key={warning} className="panel-note">
          {warning}
        </p>
      ))}
    </section>
  );
}
