/** By which method hits are found and ranked; those that cannot run here say why. */
import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { setSearchOptions, useView } from '../ui/store.ts';
import { methodsQuery } from './methodsQuery.ts';
import { useSearch } from './useSearch.ts';

/** The engine's choice, which depends on what is searched for. */
const automatic = '';

export function MethodPicker() {
  const chosen = useView((s) => s.options.method);
  const { search } = useSearch();
  const methods = useQuery(methodsQuery);
  // Those that can run come first.
  const rows = (methods.data ?? []).toSorted(
    (a, b) => Number(a.refusal !== undefined) - Number(b.refusal !== undefined),
  );
  const used = search.data?.method;
  return (
    <Select
      size="xs"
      w={150}
      flex="none"
      aria-label="Method"
      data-testid="method-picker"
      allowDeselect={false}
      comboboxProps={{ width: 380, position: 'top-end' }}
      maxDropdownHeight={380}
      value={chosen ?? automatic}
      onChange={(value) => setSearchOptions({ method: value || null })}
      data={[
        { value: automatic, label: chosen === null && used ? `method: ${used}` : 'automatic' },
        ...rows.map(({ name, refusal }) => ({ value: name, label: name, disabled: refusal !== undefined })),
      ]}
      renderOption={({ option }) => {
        const row = rows.find(({ name }) => name === option.value);
        return (
          <span className="method-option">
            <b>{row ? row.name : 'automatic'}</b>
            <span className="dim">
              {row ? (row.refusal ?? row.title) : 'By lesions; by words where words are asked for'}
            </span>
          </span>
        );
      }}
    />
  );
}
