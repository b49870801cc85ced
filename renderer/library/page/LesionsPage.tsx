/** All lesions of the library as a table, with search, filters, columns, and what is done with those that are selected. */
import { CloseButton, Pill, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { FilterSets } from '../../query/FilterSets.tsx';
import { byField, filterWords } from '../../ui/filterWords.ts';
import { count } from '../../ui/format.ts';
import { useIdentity } from '../../ui/identity.ts';
import { LabelMenu, withFilter } from '../../ui/LabelMenu.tsx';
import { useView } from '../../ui/store.ts';
import { infoQuery } from '../queries.ts';
import { useSettled } from '../useSettled.ts';
import { BulkBar } from './BulkBar.tsx';
import { ColumnMenu } from './ColumnMenu.tsx';
import { useColumns } from './columns.ts';
import { LesionTable, useSelectionOf } from './LesionTable.tsx';
import { usePage } from './pageState.ts';

export function LesionsPage() {
  const identity = useIdentity();
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
        <TextInput
          size="xs"
          w={280}
          placeholder="Search by patient, text, label"
          aria-label="Search the lesions"
          leftSection={<IconSearch size={13} />}
          rightSection={
            text ? (
              <CloseButton
                size="xs"
                aria-label="Clear the search"
                onClick={() => useView.setState({ libraryText: '' })}
              />
            ) : null
          }
          value={text}
          onChange={(event) => useView.setState({ libraryText: event.currentTarget.value })}
        />
        {patient !== null && (
          <Pill
            size="sm"
            withRemoveButton
            removeButtonProps={{ 'aria-label': 'All patients' }}
            onRemove={() => useView.setState({ libraryPatient: null })}
          >
            {identity.patient(patient)}
          </Pill>
        )}
        {byField(where).map(([field, values]) => (
          <Pill
            key={field}
            size="sm"
            withRemoveButton
            removeButtonProps={{
              'aria-label': `Remove the filter ${filterWords(field, values, identity.hidden)}`,
            }}
            onRemove={() => useView.setState({ libraryWhere: where.filter((one) => one.field !== field) })}
          >
            {filterWords(field, values, identity.hidden)}
          </Pill>
        ))}
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
