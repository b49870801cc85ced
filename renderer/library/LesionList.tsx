/** Every lesion that passes the panel's filters, with picture, size, labels and diagnosis. */
import type { LesionRow } from '../../native/contract/model.ts';
import { DiagnosisText } from '../query/proofs.tsx';
import { Empty } from '../ui/Empty.tsx';
import { ml, mm } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { LabelLine } from '../ui/LabelLine.tsx';
import { useView } from '../ui/store.ts';
import { Thumbnail } from '../ui/Thumbnail.tsx';
import { openLesion } from './open.ts';
import { lesionListing } from './queries.ts';
import { useSettled } from './useSettled.ts';
import { WindowRows } from './WindowRows.tsx';

export function LesionList() {
  const patient = useView((s) => s.libraryPatient);
  const where = useView((s) => s.libraryWhere);
  const text = useView((s) => s.libraryText);
  const settled = useSettled(text);
  return (
    <WindowRows
      label="Lesions"
      listing={lesionListing({ patient: patient ?? undefined, where: [...where], text: settled })}
      height={68}
      render={(row) => <Row lesion={row} />}
      empty={
        where.length === 0 && patient === null && text.trim() === '' ? (
          <Empty
            title="No lesions yet"
            text="Import CT series with marked lesions, or open a study and mark one. Folders can be dropped onto this window."
          />
        ) : (
          <Empty title="Nothing matches" text="No lesion passes the filters above." />
        )
      }
    />
  );
}

function Row({ lesion }: { lesion: LesionRow }) {
  const identity = useIdentity();
  const selected = useView((s) => s.lesion?.id === lesion.id);
  return (
    <button
      type="button"
      className="row lesion-row"
      data-testid="lesion-row"
      data-lesion={lesion.id}
      data-volume={lesion.volume}
      aria-pressed={selected}
      onClick={() => void openLesion(lesion)}
    >
      <Thumbnail lesion={lesion.id} size={52} />
      <span className="row-text">
        <span className="row-line">
          <span className="row-name" title={lesion.name}>
            {lesion.name}
          </span>
          <span className="row-size">
            {mm(lesion.diameterMm)} · {ml(lesion.volumeMl)}
          </span>
        </span>
        <span className="row-line dim">
          <span className="row-patient" title={identity.whole(lesion.patient)}>
            {identity.patient(lesion.patient)}
          </span>
          {lesion.diagnosis ? <DiagnosisText diagnosis={lesion.diagnosis} /> : null}
        </span>
        <LabelLine
          labels={lesion.labels}
          diagnosis={lesion.diagnosis?.diagnosis}
          className="row-labels"
          most={3}
        />
      </span>
    </button>
  );
}
