/** The menu of saved sets of filters: take one, save the filters that are set now, remove one. */
import { ActionIcon, Button, Menu, TextInput } from '@mantine/core';
import { IconBookmark, IconX } from '@tabler/icons-react';
import { queryOptions, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Filter, FilterSet } from '../../native/contract/engine.ts';
import { callEngine, libraryKey, queryClient } from '../engine.ts';
import { byField, filterWords } from '../ui/filterWords.ts';
import { useIdentity } from '../ui/identity.ts';
import { failed } from '../ui/notice.ts';

const setsQuery = queryOptions({
  queryKey: [libraryKey, 'filterSets'],
  queryFn: ({ signal }) => callEngine('filterSets.list', {}, { signal }),
});
const told = (sets: FilterSet[]) => queryClient.setQueryData(setsQuery.queryKey, sets);

/** @param where the filters that are set now; `take` sets those of a saved set */
export function FilterSets({
  where,
  take,
}: {
  where: readonly Filter[];
  take: (where: readonly Filter[]) => void;
}) {
  const sets = useQuery(setsQuery).data ?? [];
  const { hidden } = useIdentity();
  const [name, setName] = useState('');
  const save = useMutation({
    mutationFn: () => callEngine('filterSets.save', { name: name.trim(), where: [...where] }),
    onSuccess: (now) => {
      told(now);
      setName('');
    },
    onError: (error) => failed('The filters were not saved', error),
  });
  const remove = useMutation({
    mutationFn: (one: string) => callEngine('filterSets.remove', { name: one }),
    onSuccess: told,
    onError: (error) => failed('The set was not removed', error),
  });
  return (
    <Menu position="top-start" shadow="md" closeOnItemClick={false}>
      <Menu.Target>
        <button
          type="button"
          className="text-button"
          aria-label="Saved sets of filters"
          data-testid="filter-sets"
        >
          <IconBookmark size={13} /> Sets
        </button>
      </Menu.Target>
      <Menu.Dropdown miw={230} mah={380} style={{ overflowY: 'auto' }}>
        {sets.length === 0 && <Menu.Label>No filters are saved yet</Menu.Label>}
        {sets.map((set) => (
          <div key={set.name} className="filter-set">
            <Menu.Item
              closeMenuOnClick
              title={byField(set.where)
                .map(([field, values]) => filterWords(field, values, hidden))
                .join('\n')}
              onClick={() => take(set.where)}
            >
              {set.name}
            </Menu.Item>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={`Remove the set ${set.name}`}
              onClick={() => remove.mutate(set.name)}
            >
              <IconX size={12} />
            </ActionIcon>
          </div>
        ))}
        {where.length > 0 && (
          <>
            <Menu.Divider />
            <form
              className="filter-set save"
              onSubmit={(event) => {
                event.preventDefault();
                if (name.trim()) save.mutate();
              }}
            >
              <TextInput
                size="xs"
                flex={1}
                placeholder="Name for these filters"
                aria-label="Name for these filters"
                maxLength={100}
                data-mantine-stop-propagation
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                // Letters are typed here, not looked for among the items.
                onKeyDown={(event) => {
                  if (event.key !== 'Escape' && event.key !== 'Tab') event.stopPropagation();
                }}
              />
              <Button
                size="compact-xs"
                variant="default"
                type="submit"
                disabled={!name.trim()}
                loading={save.isPending}
              >
                Save
              </Button>
            </form>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
