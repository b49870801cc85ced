/** Who did what with the library, the latest first, and whether anything of it was changed since. */
import { Button, Group, NativeSelect } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { AuditCheckResult, AuditEntryRow } from '../../../native/contract/audit.ts';
import { bridge } from '../../bridge.ts';
import { callEngine } from '../../engine.ts';
import { useExportRefusal } from '../../lock/session.ts';
import { Empty, Failure, Loading } from '../../ui/Empty.tsx';
import { count, moment, whole } from '../../ui/format.ts';
import { useIdentity } from '../../ui/identity.ts';
import { failed, notice } from '../../ui/notice.ts';

const atOnce = 200;
const all = '';

export function LogPage() {
  const [user, setUser] = useState(all);
  const [action, setAction] = useState(all);
  const chosen = { user: user || undefined, action: action || undefined };
  const log = useInfiniteQuery({
    // Not below the library's key: reading it is no change of the library, and every request adds to it.
    queryKey: ['audit', chosen],
    queryFn: ({ pageParam, signal }) =>
      callEngine('audit.list', { ...chosen, before: pageParam, limit: atOnce }, { signal }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ rows }) => (rows.length < atOnce ? undefined : rows.at(-1)?.id),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  if (log.error) return <Failure error={log.error} retry={() => void log.refetch()} />;
  if (!log.data) return <Loading text="Reading the record" />;
  const { users, actions } = log.data.pages[0] ?? { users: [], actions: [] };
  const rows = log.data.pages.flatMap((page) => page.rows);
  return (
    <>
      <Group gap="xs" align="end">
        <Choice label="User" all="All users" value={user} values={users} onChange={setUser} />
        <Choice label="Action" all="All actions" value={action} values={actions} onChange={setAction} />
        <Button size="compact-sm" variant="default" onClick={() => void log.refetch()}>
          Refresh
        </Button>
        <Check />
        <Export chosen={chosen} />
      </Group>
      {rows.length === 0 ? (
        <Empty title="No entries" text="Nobody did this." />
      ) : (
        <div className="library-scroll">
          <Rows rows={rows} />
          {log.hasNextPage && (
            <Button
              size="compact-sm"
              variant="default"
              m="xs"
              loading={log.isFetchingNextPage}
              onClick={() => void log.fetchNextPage()}
            >
              Earlier entries
            </Button>
          )}
        </div>
      )}
    </>
  );
}

function Choice(props: {
  label: string;
  all: string;
  value: string;
  values: readonly string[];
  onChange: (value: string) => void;
}) {
  return (
    <NativeSelect
      size="xs"
      label={props.label}
      value={props.value}
      data={[
        { value: all, label: props.all },
        ...props.values.filter((one) => one !== all).map((one) => ({ value: one, label: one })),
      ]}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}

function Rows({ rows }: { rows: readonly AuditEntryRow[] }) {
  const identity = useIdentity();
  return (
    <table className="library-table" data-testid="log">
      <thead>
        <tr>
          <th className="end">Entry</th>
          <th>When</th>
          <th>Who</th>
          <th>Action</th>
          <th>Of what</th>
          <th>In detail</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ id, at, user, action, subject, detail }) => (
          <tr key={id}>
            <td className="end number">{whole(id)}</td>
            <td className="number">{moment(at)}</td>
            <td>{user || <span className="dim">Precedent</span>}</td>
            <td>{action}</td>
            <td className="number">{subject}</td>
            <td className="dim log-detail" title={identity.text(detail)}>
              {detail === undefined ? 'erased' : detail === '{}' ? '' : identity.text(detail)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Check() {
  const check = useMutation({ mutationFn: () => callEngine('audit.verify', {}) });
  return (
    <>
      <Button size="compact-sm" variant="default" loading={check.isPending} onClick={() => check.mutate()}>
        Check
      </Button>
      {check.error && <Failure error={check.error} />}
      {check.data && <Checked check={check.data} />}
    </>
  );
}

function Checked({ check: { ok, head, problems } }: { check: AuditCheckResult }) {
  const [first] = problems;
  return (
    <span className={ok ? 'dim' : 'log-changed'} role="status" data-testid="log-checked">
      {ok
        ? `Nothing of ${count(head.count, 'entry', 'entries')} was changed · ${head.hash.slice(0, 16)}…`
        : `CHANGED: entry ${first?.entry}: ${first?.what}`}
    </span>
  );
}

function Export({ chosen }: { chosen: { user: string | undefined; action: string | undefined } }) {
  const refusal = useExportRefusal();
  const save = useMutation({
    mutationFn: async () => {
      const target = await bridge.chooseExport('audit.csv');
      if (!target) return null;
      const { entries } = await callEngine('audit.export', { ...chosen, target: target.token });
      return `${target.label}: ${count(entries, 'entry', 'entries')}, without details`;
    },
    onSuccess: (saved) => {
      if (saved !== null) notice('done', 'The record was exported', saved);
    },
    onError: (error) => failed('The record was not exported', error),
  });
  return (
    <Button
      size="compact-sm"
      variant="default"
      data-testid="log-export"
      disabled={refusal !== undefined}
      title={refusal}
      loading={save.isPending}
      onClick={() => save.mutate()}
    >
      Export (CSV)…
    </Button>
  );
}
