/** All lesions of the library as a table, with search, filters, columns, and what is done with those that are selected. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { FilterSets } from '../../query/FilterSets.tsx';
import { count } from '../../ui/format.ts';
import { LabelMenu, withFilter } from '../../ui/LabelMenu.tsx';
import { useView } from '../../ui/store.ts';
import { FilterPills, LibrarySearch, PatientPill } from '../LibrarySearch.tsx';
import { infoQuery } from '../queries.ts';
import { useSettled } from '../useSettled.ts';
import { BulkBar } from './BulkBar.tsx';
import { ColumnMenu } from './ColumnMenu.tsx';
import { useColumns } from './columns.ts';
import { LesionTable, useSelectionOf } from './LesionTable.tsx';
import { usePage } from './pageState.ts';

export function LesionsPage() {
  const text = useView((s) => s.libraryText);
  const where = useView((s) => s.libraryWhere);
  const patient = useView((s) => s.libraryPatient);
  const order = usePage((s) => s.order);
  const fields = useQuery(infoQuery).data?.fields ?? [];
  const columns = useColumns(fields);
  const [total, setTotal] = useState<number | null>(null);
  const selection = { patient: patient ?? undefined, where: [...where], text: useSettled(text), order };
  useSelectionOf(selection);
  return (
    <div className="lesions-page">
      <div className="lesions-tools">
        <LibrarySearch name="Search the lesions" placeholder="Search by patient, text, label" width={280} />
        <PatientPill />
        <FilterPills />
        <LabelMenu
          name="Filter"
          pick={(filter) => useView.setState({ libraryWhere: withFilter(where, filter) })}
        />
        <FilterSets where={where} take={(libraryWhere) => useView.setState({ libraryWhere })} />
        <span className="spacer" />
        <span className="dim" data-testid="lesions-total">
          {total === null ? '' : count(total, 'lesion')}
        </span>
        <ColumnMenu shown={columns} fields={fields} />
      </div>
      <BulkBar fields={fields} />
      <LesionTable selection={selection} columns={columns} fields={fields} toldTotal={setTotal} />
    </div>
  );
}
