/**
 * Stands before the application while the library waits for its passphrase, and over it while its files are encrypted or decrypted
 * and until a new recovery key is kept.
 */
import { Progress } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { EncryptionState } from '../../native/contract/encryption.ts';
import { RecoveryKey } from './RecoveryKey.tsx';
import { encryptionQuery, useRecoveryKey } from './state.ts';
import { Unlock } from './Unlock.tsx';
import './encryption.css';

export function EncryptionGate({ children }: { children: ReactNode }) {
  const { data } = useQuery(encryptionQuery);
  const recoveryKey = useRecoveryKey((s) => s.shown);
  if (data?.state === 'locked')
    return recoveryKey === null ? <Unlock waitMs={data.waitMs} /> : <RecoveryKey recoveryKey={recoveryKey} />;
  const converting = data?.state === 'converting';
  return (
    <>
      <div className="gate-behind" inert={converting || recoveryKey !== null}>
        {children}
      </div>
      {converting ? (
        <Converting progress={data.progress} />
      ) : (
        recoveryKey !== null && <RecoveryKey recoveryKey={recoveryKey} />
      )}
    </>
  );
}

function Converting({ progress }: { progress: EncryptionState['progress'] }) {
  const known = progress && progress.total > 0 ? progress : null;
  return (
    <div className="gate" data-testid="converting" role="status">
      <div className="gate-box">
        <h1>Changing the library's encryption</h1>
        <p>
          Every file of the library is written anew. If this is cut off, it is finished when the library is
          opened the next time.
        </p>
        <Progress aria-label="Progress" value={known ? (100 * known.done) / known.total : 0} />
        <div className="row-line dim">
          <span>{known ? 'Files' : 'Starting'}</span>
          <span className="number">{known ? `${known.done} / ${known.total}` : ''}</span>
        </div>
      </div>
    </div>
  );
}
