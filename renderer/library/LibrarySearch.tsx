/** What the lists of the library are narrowed by: words, a patient, filters. The panel and the page act on the same ones. */
import { CloseButton, Pill, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { byField, filterWords } from '../ui/filterWords.ts';
import { useIdentity } from '../ui/identity.ts';
import { useView } from '../ui/store.ts';

export function LibrarySearch(props: { name: string; placeholder: string; width?: number }) {
  const text = useView((s) => s.libraryText);
  return (
    <TextInput
      size="xs"
      w={props.width}
      placeholder={props.placeholder}
      aria-label={props.name}
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
  );
}

export function PatientPill() {
  const identity = useIdentity();
  const patient = useView((s) => s.libraryPatient);
  if (patient === null) return null;
  return (
    <Pill
      size="sm"
      withRemoveButton
      removeButtonProps={{ 'aria-label': 'All patients' }}
      onRemove={() => useView.setState({ libraryPatient: null })}
    >
      {identity.patient(patient)}
    </Pill>
  );
}

export function FilterPills() {
  const identity = useIdentity();
  const where = useView((s) => s.libraryWhere);
  return byField(where).map(([field, values]) => {
    const words = filterWords(field, values, identity.hidden);
    return (
      <Pill
        key={field}
        size="sm"
        withRemoveButton
        removeButtonProps={{ 'aria-label': `Remove the filter ${words}` }}
        onRemove={() => useView.setState({ libraryWhere: where.filter((one) => one.field !== field) })}
      >
        {words}
      </Pill>
    );
  });
}
