/** Files whose UIDs the library knows with other content: what shall hold is for the user to say. */
import { Button, Group, Table } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ConflictDecision, ConflictRow } from '../../../native/contract/jobs.ts';
import { callEngine, libraryKey, queryClient } from '../../engine.ts';
import { Empty, Failure, Loading } from '../../ui/Empty.tsx';
import { count } from '../../ui/format.ts';
import { useIdentity } from '../../ui/identity.ts';
import { failed } from '../../ui/notice.ts';
import { conflictsQuery } from '../queries.ts';

const decisions: Readonly<Record<ConflictDecision, string>> = {
  keep: 'Keep the library’s',
  replace: 'Replace',
  both: 'Keep both',
};

export function Conflicts() {
  const conflicts = useQuery(conflictsQuery);
  if (conflicts.error) return <Failure error={conflicts.error} retry={() => void conflicts.refetch()} />;
  if (!conflicts.data) return <Loading text="Asking the engine" />;
  if (conflicts.data.length === 0) return <Empty title="No conflicts" />;
  return (
    <div className="dialog">
      <p className="panel-note">
        These files bear the UIDs of a volume in the library, but their content is another. Nothing was
        changed. Replacing keeps lesions drawn by hand where the voxels lie on the same grid.
      </p>
      <div className="report-list">
        <Table fz="xs" verticalSpacing={4}>
          <Table.Tbody>
            {conflicts.data.map((conflict) => (
              <Conflict key={conflict.id} conflict={conflict} />
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </div>
  );
}

function Conflict({ conflict }: { conflict: ConflictRow }) {
  const identity = useIdentity();
  const { id, patient, path, files, volumePath, drawn } = conflict;
  const decide = useMutation({
    mutationFn: (decision: ConflictDecision) => callEngine('conflicts.decide', { conflict: id, decision }),
    onSuccess: (rows) => {
      queryClient.setQueryData(conflictsQuery.queryKey, rows);
      void queryClient.invalidateQueries({ queryKey: [libraryKey, 'jobs'] });
    },
    onError: (error) => failed('The decision could not be carried out', error),
  });
  return (
    <Table.Tr data-testid="conflict">
      <Table.Td className="path">
        <b>{identity.patient(patient)}</b>
        {identity.hidden ? '' : `: ${path}`} ({count(files, 'file')})
        <br />
        <span className="dim">
          in the library{identity.hidden ? '' : ` from ${volumePath}`}
          {drawn > 0 ? `, with ${count(drawn, 'lesion')} drawn by hand` : ''}
        </span>
      </Table.Td>
      <Table.Td>
        <Group gap={4} wrap="nowrap" justify="flex-end">
          {(Object.keys(decisions) as ConflictDecision[]).map((decision) => (
            <Button
              key={decision}
              size="compact-xs"
              variant="default"
              data-testid={`conflict-${decision}`}
              loading={decide.isPending && decide.variables === decision}
              onClick={() => decide.mutate(decision)}
            >
              {decisions[decision]}
            </Button>
          ))}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
