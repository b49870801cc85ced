/** The patients of the library; choosing one narrows the studies and the lesions to it. */
import { Empty } from '../ui/Empty.tsx';
import { count } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { useView } from '../ui/store.ts';
import { Deletable } from './deletion/DeleteButton.tsx';
import { patientListing } from './queries.ts';
import { useSettled } from './useSettled.ts';
import { WindowRows } from './WindowRows.tsx';

export function PatientList() {
  const text = useView((s) => s.libraryText);
  const identity = useIdentity();
  const chosen = useView((s) => s.libraryPatient);
  return (
    <WindowRows
      label="Patients"
      listing={patientListing(useSettled(text))}
      height={40}
      empty={
        text.trim() === '' ? (
          <Empty title="No patients yet" text="Import CT series, or drop a folder here." />
        ) : (
          <Empty title="Nothing matches" text="No patient is called that." />
        )
      }
      render={(row) => (
        <Deletable subject={{ patient: row.id }} what="this patient" patient={row.patient}>
          <button
            type="button"
            className="row"
            data-testid="patient-row"
            data-patient={row.patient}
            aria-pressed={chosen === row.patient}
            onClick={() => useView.setState({ libraryPatient: row.patient, tab: 'studies', libraryText: '' })}
          >
            <span className="row-text">
              <span className="row-line">
                <span className="row-name">{identity.whole(row.patient)}</span>
                {row.sex ? <span className="dim">{row.sex}</span> : null}
              </span>
              <span className="row-line dim">
                {count(row.studies, 'study', 'studies')} · {count(row.lesions, 'lesion')}
              </span>
            </span>
          </button>
        </Deletable>
      )}
    />
  );
}
