/** The menu of kept searches: run one again, keep the one that runs, rename or remove one. */
import { ActionIcon, Button, Menu, TextInput } from '@mantine/core';
import { IconHistory, IconPencil, IconX } from '@tabler/icons-react';
import { queryOptions, useMutation, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useState } from 'react';
import type { SavedQuery } from '../../../native/contract/savedQueries.ts';
import { callEngine, libraryKey, queryClient } from '../../engine.ts';
import { date } from '../../ui/format.ts';
import { useIdentity } from '../../ui/identity.ts';
import { failed } from '../../ui/notice.ts';
import { useView } from '../../ui/store.ts';
import './saved.css';
import { runSaved, savedWords, toSaved } from './savedSearch.ts';

const savedQuery = queryOptions({
  queryKey: [libraryKey, 'savedQueries'],
  queryFn: ({ signal }) => callEngine('savedQueries.list', {}, { signal }),
});
const told = (saved: SavedQuery[]) => queryClient.setQueryData(savedQuery.queryKey, saved);

export function SavedQueries() {
  const saved = useQuery(savedQuery).data ?? [];
  const subject = useView((s) => s.subject);
  const options = useView((s) => s.options);
  const [renaming, setRenaming] = useState<string | null>(null);
  const search = subject && toSaved(subject, options);
  const save = useMutation({
    mutationFn: async (name: string) =>
      search && told(await callEngine('savedQueries.save', { name, search })),
    onError: (error) => failed('The query was not kept', error),
  });
  const rename = useMutation({
    mutationFn: (names: { name: string; to: string }) => callEngine('savedQueries.rename', names),
    onSuccess: (now) => {
      told(now);
      setRenaming(null);
    },
    onError: (error) => failed('The query was not renamed', error),
  });
  const remove = useMutation({
    mutationFn: (name: string) => callEngine('savedQueries.remove', { name }),
    onSuccess: told,
    onError: (error) => failed('The query was not removed', error),
  });
  return (
    <Menu position="top-start" shadow="md" closeOnItemClick={false} onClose={() => setRenaming(null)}>
      <Menu.Target>
        <button type="button" className="text-button" aria-label="Saved queries" data-testid="saved-queries">
          <IconHistory size={13} /> Queries
        </button>
      </Menu.Target>
      <Menu.Dropdown miw={320} mah={380} style={{ overflowY: 'auto' }}>
        {saved.length === 0 && <Menu.Label>No queries are kept yet</Menu.Label>}
        {saved.map((one) =>
          renaming === one.name ? (
            <NameForm
              key={one.name}
              label={`New name for ${one.name}`}
              start={one.name}
              button="Rename"
              busy={rename.isPending}
              take={(to) => rename.mutate({ name: one.name, to })}
            />
          ) : (
            <SavedRow
              key={one.name}
              saved={one}
              rename={() => setRenaming(one.name)}
              remove={() => remove.mutate(one.name)}
            />
          ),
        )}
        {search && (
          <>
            <Menu.Divider />
            <NameForm
              key={subject.token}
              label="Name for this query"
              start=""
              button="Keep"
              busy={save.isPending}
              take={(name) => save.mutate(name)}
            />
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

interface SavedRowProps {
  readonly saved: SavedQuery;
  readonly rename: () => void;
  readonly remove: () => void;
}

function SavedRow({ saved: { name, search, at }, rename, remove }: SavedRowProps) {
  const identity = useIdentity();
  return (
    <div className="filter-set" data-testid="saved-query">
      <Menu.Item
        closeMenuOnClick
        onClick={() => {
          runSaved(search).catch((error: unknown) => failed('The query could not be run', error));
        }}
      >
        <span className="saved-query">
          <b>{name}</b>
          {/* Words and filters may name someone. */}
          {!identity.hidden && (
            <span className="dim">
              {savedWords(search)} · {date(at.slice(0, 10).replaceAll('-', ''))}
            </span>
          )}
        </span>
      </Menu.Item>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label={`Rename the query ${name}`}
        onClick={rename}
      >
        <IconPencil size={12} />
      </ActionIcon>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label={`Remove the query ${name}`}
        onClick={remove}
      >
        <IconX size={12} />
      </ActionIcon>
    </div>
  );
}

interface NameFormProps {
  readonly label: string;
  readonly start: string;
  readonly button: string;
  readonly busy: boolean;
  readonly take: (name: string) => void;
}

function NameForm({ label, start, button, busy, take }: NameFormProps) {
  const [name, setName] = useState(start);
  return (
    <form
      className="filter-set save"
      onSubmit={(event) => {
        event.preventDefault();
        if (!name.trim()) return;
        take(name.trim());
        if (start === '') setName('');
      }}
    >
      <TextInput
        size="xs"
        flex={1}
        placeholder={label}
        aria-label={label}
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={typedHere}
      />
      <Button size="compact-xs" variant="default" type="submit" disabled={!name.trim()} loading={busy}>
        {button}
      </Button>
    </form>
  );
}

/** Letters are typed in the field, not looked for among the items. */
function typedHere(event: KeyboardEvent): void {
  if (event.key !== 'Escape' && event.key !== 'Tab') event.stopPropagation();
}
