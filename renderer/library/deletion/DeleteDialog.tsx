/** Asks before anything is deleted for good: what goes, what stays, and that nothing brings it back. */
import './deletion.css';
import { Button, Checkbox, Group, Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type DeletionPlan, deletionNouns, holdingNouns } from '../../../native/contract/deletion.ts';
import { callEngine, libraryKey, queryClient } from '../../engine.ts';
import { Failure, Loading } from '../../ui/Empty.tsx';
import { count } from '../../ui/format.ts';
import { useIdentity } from '../../ui/identity.ts';
import { failed, notice } from '../../ui/notice.ts';
import { type Asked, useDeletion } from './deletion.ts';

export function DeleteDialog() {
  const asked = useDeletion((s) => s.asked);
  return asked && <Question key={JSON.stringify(asked.subject)} {...asked} />;
}

function Question({ subject, what, patient }: Asked) {
  const identity = useIdentity();
  const [purge, setPurge] = useState(true);
  const close = () => useDeletion.setState({ asked: null });
  const plan = useQuery({
    queryKey: [libraryKey, 'deletion', subject],
    queryFn: ({ signal }) => callEngine('library.deletion', { subject }, { signal }),
    gcTime: 0,
  });
  const remove = useMutation({
    mutationFn: () => callEngine('library.delete', { subject, backups: purge ? 'purge' : 'keep' }),
    onSuccess: (gone) => notice('done', 'Deleted for good', `${listed(gone, deletionNouns).join(', ')}.`),
    onError: (error) => failed('The deletion is not finished', error),
    onSettled: () => {
      close();
      void queryClient.invalidateQueries({ queryKey: [libraryKey] });
    },
  });
  const holding = plan.data ? listed(plan.data, holdingNouns) : [];
  return (
    <Modal
      opened
      onClose={() => {
        if (!remove.isPending) close();
      }}
      title={`Delete ${what} for good?`}
      centered
      zIndex={400}
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': 'Close' }}
      data-testid="delete-dialog"
    >
      {plan.error ? (
        <Failure error={plan.error} />
      ) : !plan.data ? (
        <Loading text="Counting what goes" />
      ) : (
        <div className="delete-question">
          {patient !== undefined && <p>{`Of ${identity.whole(patient)}:`}</p>}
          <ul aria-label="What goes">
            {listed(plan.data, deletionNouns).map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <p>
            With labels, diagnoses, captions, marks on hits, vectors and pictures of them. Original files
            outside of the library are not touched{'lesions' in subject && ', nor are reports of the studies'}
            . In the audit stays that something was deleted, by whom and when, without names.
          </p>
          {holding.length === 0 ? (
            <p>No backup holds it.</p>
          ) : (
            <Checkbox
              size="xs"
              checked={purge}
              onChange={(event) => setPurge(event.currentTarget.checked)}
              label={`Also delete what may hold it: ${holding.join(', ')}`}
              description="Else it stays in them: in automatic ones for up to seven days and four weeks of use, in others until they are removed."
            />
          )}
          <p>
            <b>This cannot be undone.</b>
          </p>
        </div>
      )}
      <Group justify="flex-end" gap={8}>
        <Button size="xs" variant="default" data-autofocus disabled={remove.isPending} onClick={close}>
          Cancel
        </Button>
        <Button
          size="xs"
          color="red"
          disabled={!plan.data}
          loading={remove.isPending}
          onClick={() => remove.mutate()}
          data-testid="delete-for-good"
        >
          Delete
        </Button>
      </Group>
    </Modal>
  );
}

function listed(plan: DeletionPlan, nouns: typeof deletionNouns): string[] {
  return nouns.flatMap(([name, one, many]) => (plan[name] === 0 ? [] : [count(plan[name], one, many)]));
}
