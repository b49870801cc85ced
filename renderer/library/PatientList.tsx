/** The patients of the library; choosing one narrows the studies and the lesions to it. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Empty, Failure, Loading } from '../ui/Empty.tsx';
import { count } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { useView } from '../ui/store.ts';
import { patientsQuery } from './queries.ts';
import { useAllRows } from './useAllRows.ts';
import { VirtualRows } from './VirtualRows.tsx';

export function PatientList() {
  const text = useView((s) => s.libraryText);
  const identity = useIdentity();
  const chosen = useView((s) => s.libraryPatient);
  const list = useInfiniteQuery(patientsQuery);
  const { rows, total, more } = useAllRows(list, text, (row) => row.patient);
  if (list.error) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Loading text="Reading the library" />;
  if (total === 0) return <Empty title="No patients yet" text="Import CT series, or drop a folder here." />;
  if (rows.length === 0) return <Empty title="Nothing matches" text="No patient is called that." />;
  return (
    <VirtualRows
      label="Patients"
      rows={rows}
      height={() => 40}
      keyOf={(row) => row.id}
      more={more}
      render={(row) => (
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
      )}
    />
  );
}
