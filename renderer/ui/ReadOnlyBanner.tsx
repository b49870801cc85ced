/** Says over every page that the library may only be read, why, and offers the ways out. */
import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReadOnly } from '../../native/contract/backups.ts';
import { callEngine } from '../engine.ts';
import { exportRows, newestBackupQuery, restore } from '../library/backups.ts';
import { infoQuery } from '../library/queries.ts';
import { useExportRefusal } from '../lock/session.ts';
import { sentence } from './Empty.tsx';
import { count, moment } from './format.ts';
import { failed } from './notice.ts';
import './readOnlyBanner.css';

export function ReadOnlyBanner() {
  const readOnly = useQuery(infoQuery).data?.readOnly;
  return readOnly ? <Banner readOnly={readOnly} /> : null;
}

function Banner({ readOnly: { why, state, rows, torn } }: { readOnly: ReadOnly }) {
  const newest = useQuery(newestBackupQuery);
  const refusal = useExportRefusal();
  const backup = newest.data?.backup;
  const restoring = useMutation({
    mutationFn: restore,
    onError: (error) => failed('The library could not be restored', error),
  });
  const accepting = useMutation({
    mutationFn: () => callEngine('backups.accept', {}),
    onError: (error) => failed('The catalog could not be kept', error),
  });
  const exporting = useMutation({
    mutationFn: exportRows,
    onError: (error) => failed('The rows could not be written', error),
  });
  const readable = rows ?? 0;
  return (
    <div className="banner read-only" role="alert" data-testid="banner-read-only">
      <span>
        {sentence(why)} The library can only be read
        {rows === 0 ? ', and nothing of it is readable' : ''}
        {torn.length > 0 && readable > 0 ? `; ${count(torn.length, 'table')} of it not to the end` : ''}.
      </span>
      {backup && (
        <Button
          size="compact-xs"
          color="teal"
          loading={restoring.isPending}
          onClick={() => restoring.mutate({ name: backup.name })}
        >
          Restore the backup of {moment(backup.at)}
        </Button>
      )}
      {newest.data && !backup && <span>There is no sound backup.</span>}
      {readable > 0 && newest.data && !backup && state === 'damaged' && (
        <Button
          size="compact-xs"
          variant="default"
          loading={restoring.isPending}
          onClick={() => restoring.mutate({ salvaged: true })}
        >
          Go on with what can be read
        </Button>
      )}
      {state === 'changed' && (
        <Button
          size="compact-xs"
          variant="default"
          loading={accepting.isPending}
          onClick={() => accepting.mutate()}
        >
          Keep it as it is
        </Button>
      )}
      {readable > 0 && (
        <Button
          size="compact-xs"
          variant="default"
          disabled={refusal !== undefined}
          title={refusal}
          loading={exporting.isPending}
          onClick={() => exporting.mutate()}
        >
          Export what can be read…
        </Button>
      )}
    </div>
  );
}
