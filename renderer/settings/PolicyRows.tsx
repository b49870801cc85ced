/** What the administrator has set for this machine; nothing where nothing is set. */
import type { Policy } from '../../native/contract/policy.ts';
import { useSession } from '../lock/session.ts';
import { useIdentity } from '../ui/identity.ts';

export function PolicyRows() {
  const identity = useIdentity();
  const policy = useSession((s) => s.session?.policy);
  const rows = policy ? wordsOf(policy, identity.text) : [];
  if (rows.length === 0) return null;
  return (
    <section data-testid="policy">
      <div className="panel-label">Set by your administrator</div>
      <ul className="warnings">
        {rows.map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
    </section>
  );
}

function wordsOf(policy: Policy, path: (value: string) => string): string[] {
  const { libraryFolder, backupsFolder, idleLockMinutes } = policy;
  return [
    libraryFolder !== undefined && `Libraries are opened only in one folder ${path(libraryFolder)}`,
    policy.encryptionRequired && 'Libraries must be encrypted',
    policy.exportDisabled && 'Nothing is exported',
    policy.pinRequired && 'Every user needs a PIN',
    idleLockMinutes !== undefined && `The window locks after ${idleLockMinutes} min without use, or sooner`,
    backupsFolder !== undefined && `Backups are kept in one folder ${path(backupsFolder)}`,
  ].filter((words) => words !== false);
}
