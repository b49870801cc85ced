/** Folders from which everything is imported that arrives in them. */
import { Button, Group, Table } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { WatchRow } from '../../../native/contract/jobs.ts';
import { bridge } from '../../bridge.ts';
import { callEngine, queryClient } from '../../engine.ts';
import { Empty, Failure, Loading } from '../../ui/Empty.tsx';
import { count } from '../../ui/format.ts';
import { useIdentity } from '../../ui/identity.ts';
import { failed } from '../../ui/notice.ts';
import { watchQuery } from '../queries.ts';
import { OptionFields, usualOptions } from './options.tsx';

const states: Readonly<Record<WatchRow['state'], string>> = {
  watching: 'watching',
  settling: 'something is arriving',
  missing: 'cannot be read now',
};

export function WatchedFolders() {
  const identity = useIdentity();
  const watched = useQuery(watchQuery);
  const [options, setOptions] = useState(usualOptions);
  const told = (rows: WatchRow[]) => queryClient.setQueryData(watchQuery.queryKey, rows);
  const add = useMutation({
    mutationFn: async () => {
      let rows: WatchRow[] | null = null;
      for (const { token } of await bridge.chooseImport('folder'))
        rows = await callEngine('watch.add', { folder: token, ...options });
      return rows;
    },
    onSuccess: (rows) => rows && told(rows),
    onError: (error) => failed('The folder cannot be watched', error),
  });
  const remove = useMutation({
    mutationFn: (watch: string) => callEngine('watch.remove', { watch }),
    onSuccess: told,
    onError: (error) => failed('The folder is watched still', error),
  });
  if (watched.error) return <Failure error={watched.error} retry={() => void watched.refetch()} />;
  if (!watched.data) return <Loading text="Asking the engine" />;
  return (
    <div className="dialog">
      {watched.data.length === 0 ? (
        <Empty
          title="No folder is watched"
          text="What a scanner or a PACS puts into a watched folder is imported by itself, half a minute after the last change."
        />
      ) : (
        <Table fz="xs" verticalSpacing={4}>
          <Table.Tbody>
            {watched.data.map(({ id, folder, state, files, options }) => (
              <Table.Tr key={id} data-testid="watched-folder">
                <Table.Td className="path">
                  {identity.text(folder) || 'Folder'}
                  <br />
                  <span className="dim">
                    {states[state]} · {count(files, 'file')} so far
                    {options.deidentify ? ' · de-identified' : options.copy ? ' · copied' : ''}
                  </span>
                </Table.Td>
                <Table.Td>
                  <Group justify="flex-end">
                    <Button
                      size="compact-xs"
                      variant="default"
                      loading={remove.isPending && remove.variables === id}
                      onClick={() => remove.mutate(id)}
                    >
                      Stop watching
                    </Button>
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <div className="panel-label">A new watched folder</div>
      <OptionFields value={options} change={setOptions} />
      <Group justify="flex-end">
        <Button size="xs" loading={add.isPending} onClick={() => add.mutate()}>
          Watch a folder…
        </Button>
      </Group>
    </div>
  );
}
