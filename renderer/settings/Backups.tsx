/** Copies of the catalog: which there are, where they lie, made and restored by hand. */
import { Button, Group, Table } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { BackupKind, BackupRow } from '../../native/contract/backups.ts';
import { bridge } from '../bridge.ts';
import { callEngine, queryClient } from '../engine.ts';
import { backupsKey, backupsQuery, restore } from '../library/backups.ts';
import { useBackupFolderRefusals } from '../lock/session.ts';
import { Failure, Loading, sentence } from '../ui/Empty.tsx';
import { bytes, count, moment } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { failed, notice } from '../ui/notice.ts';

const kinds: Readonly<Record<BackupKind, string>> = {
  automatic: 'automatic',
  migration: 'before an update',
  manual: 'by hand',
};

function refresh(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: backupsKey });
}

export function Backups() {
  const identity = useIdentity();
  const refusals = useBackupFolderRefusals();
  const list = useQuery(backupsQuery);
  const make = useMutation({
    mutationFn: () => callEngine('backups.make', {}),
    onSuccess: refresh,
    onError: (error) => failed('No backup was made', error),
  });
  const choose = useMutation({
    mutationFn: async (own: boolean) => {
      const [folder] = own ? [] : await bridge.chooseImport('folder');
      if (own || folder) await callEngine('backups.setFolder', { folder: folder?.token ?? null });
    },
    onSuccess: refresh,
    onError: (error) => failed('The folder for backups was not changed', error),
  });
  if (list.error) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Loading text="Looking for backups" />;
  const { folder, elsewhere, backups, problem } = list.data;
  return (
    <section data-testid="backups">
      <div className="panel-label">Backups</div>
      <p className="dim">
        Of the catalog: what is known of patients, lesions and proofs. Made by itself once a day and before
        every update; original images are not in them.
      </p>
      <p className="path" data-volatile>
        {identity.text(folder)}
      </p>
      {problem && <p role="alert">{sentence(`The last one could not be made: ${problem}`)}</p>}
      <Group gap="xs">
        <Button size="compact-xs" variant="default" loading={make.isPending} onClick={() => make.mutate()}>
          Back up now
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          disabled={refusals.other !== undefined}
          title={refusals.other}
          onClick={() => choose.mutate(false)}
        >
          Keep them in…
        </Button>
        {elsewhere && (
          <Button
            size="compact-xs"
            variant="default"
            disabled={refusals.own !== undefined}
            title={refusals.own}
            onClick={() => choose.mutate(true)}
          >
            Keep them in the library
          </Button>
        )}
      </Group>
      {backups.length === 0 ? (
        <p>There is none yet.</p>
      ) : (
        <Table fz="xs" verticalSpacing={3} mt={6}>
          <Table.Tbody>
            {backups.map((backup) => (
              <Backup key={backup.name} backup={backup} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  );
}

function Backup({ backup }: { backup: BackupRow }) {
  const { name, at, kind, counts } = backup;
  const when = moment(at);
  const [asked, setAsked] = useState<'restore' | 'remove' | null>(null);
  const check = useMutation({
    mutationFn: () => callEngine('backups.verify', { name }),
    onSuccess: () => notice('done', `The backup of ${when} is sound`),
    onError: (error) => failed(`The backup of ${when} is not sound`, error),
  });
  const remove = useMutation({
    mutationFn: () => callEngine('backups.remove', { name }),
    onSuccess: refresh,
    onError: (error) => failed('The backup was not removed', error),
  });
  const bring = useMutation({
    mutationFn: () => restore({ name }),
    onError: (error) => failed('The backup was not restored', error),
  });
  const act = (text: string, label: string, run: () => void, busy = false) => (
    <Button size="compact-xs" variant="subtle" color="gray" aria-label={label} loading={busy} onClick={run}>
      {text}
    </Button>
  );
  return (
    <Table.Tr data-testid="backup">
      <Table.Td data-volatile>{when}</Table.Td>
      <Table.Td>{kinds[kind]}</Table.Td>
      <Table.Td>
        {count(counts.patients, 'patient')}, {count(counts.lesions, 'lesion')}, {bytes(backup.bytes)}
      </Table.Td>
      <Table.Td ta="right">
        {asked ? (
          <>
            <span>{asked === 'restore' ? 'What came after it is set aside. ' : 'It is gone then. '}</span>
            {asked === 'restore'
              ? act('Restore', `Restore the backup of ${when} now`, () => bring.mutate(), bring.isPending)
              : act('Remove', `Remove the backup of ${when} now`, () => remove.mutate(), remove.isPending)}
            <Button
              size="compact-xs"
              variant="subtle"
              color="gray"
              autoFocus
              aria-label={`Do not ${asked} it`}
              onClick={() => setAsked(null)}
            >
              Cancel
            </Button>
          </>
        ) : (
          <>
            {act('Check', `Check the backup of ${when}`, () => check.mutate(), check.isPending)}
            {act('Restore…', `Restore the backup of ${when}`, () => setAsked('restore'))}
            {act('Remove…', `Remove the backup of ${when}`, () => setAsked('remove'))}
          </>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
