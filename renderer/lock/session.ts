/** Who works with the library, as the engine says it, and the window's side of the lock: what is hidden, and when it is shown again. */
import { notifications } from '@mantine/notifications';
import { create } from 'zustand';
import { menuLockMessage } from '../../native/contract/bridge.ts';
import type { SessionState } from '../../native/contract/users.ts';
import { callEngine, onSession, queryClient, useEngineLine } from '../engine.ts';
import { failed } from '../ui/notice.ts';

interface Session {
  /** Null until the engine has said it: nothing is shown before. */
  readonly session: SessionState | null;
}
export const useSession = create<Session>(() => ({ session: null }));

/** The element beside the application in which the lock is drawn. */
export function lockRoot(): HTMLElement {
  const found = document.getElementById('lock');
  if (!found) throw new Error('the page has no place for the lock');
  return found;
}

/** Who of the library's own users was signed in last. */
let lastUser: string | null = null;

/** What was out of reach already, and stays so. */
let inertBefore = new Set<Element>();

/** Out of sight and of reach: also menus and dialogs, which lie beside the application's own element. */
function cover(locked: boolean): void {
  if (locked === document.body.hasAttribute('data-locked')) return;
  document.body.toggleAttribute('data-locked', locked);
  const others = [...document.body.children].filter((one) => one !== lockRoot());
  if (locked) inertBefore = new Set(others.filter((one) => one.hasAttribute('inert')));
  for (const one of others) one.toggleAttribute('inert', locked || inertBefore.has(one));
}

function take(session: SessionState): void {
  const before = useSession.getState().session;
  const own = session.users.some(({ name }) => name === session.user) ? session.user : null;
  // What is in view is another user's: it stays hidden until main has loaded the page anew.
  if (lastUser !== null && own !== null && own !== lastUser) {
    cover(true);
    return;
  }
  lastUser = own ?? lastUser;
  cover(session.locked);
  useSession.setState({ session });
  if (session.locked || !before?.locked) return;
  // Whatever was asked behind the lock was refused.
  notifications.clean();
  void queryClient.invalidateQueries();
}

/** Call once, before anything is drawn. */
export function startLock(): void {
  const root = lockRoot();
  // A key that is pressed in the lock is nobody else's, and no key works behind it.
  root.addEventListener('keydown', (event) => event.stopPropagation());
  window.addEventListener(
    'keydown',
    (event) => {
      const inside = event.target instanceof Node && root.contains(event.target);
      // Dialogs close by Escape wherever it is pressed.
      if (!useSession.getState().session?.locked || (inside && event.key !== 'Escape')) return;
      event.stopImmediatePropagation();
      if (event.key !== 'Tab') event.preventDefault();
    },
    { capture: true },
  );
  window.addEventListener('message', ({ data, source }) => {
    if (source === window && data === menuLockMessage) lockNow();
  });
  onSession(take);
}

/** Resolves once someone may see the library. */
export function whenUnlocked(): Promise<void> {
  const open = ({ session }: Session) => session !== null && !session.locked;
  if (open(useSession.getState())) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = useSession.subscribe((state) => {
      if (!open(state)) return;
      stop();
      resolve();
    });
  });
}

export function lockNow(): void {
  // Nothing is shown of a library that waits for its passphrase, and one that is opened again begins locked.
  if (useEngineLine.getState().line !== 'connected') return;
  callEngine('session.lock', {}).catch((error: unknown) => failed('The library was not locked', error));
}

const exportsOff = 'Your administrator has switched exports off';

/** Why nothing can be exported here, or undefined. */
export function useExportRefusal(): string | undefined {
  return useSession(({ session }) => (session?.policy.exportDisabled ? exportsOff : undefined));
}

/** Why backups can be kept neither in another folder nor in the library again; undefined where they can. */
export function useBackupFolderRefusals(): { readonly other?: string; readonly own?: string } {
  const policy = useSession(({ session }) => session?.policy);
  if (policy?.backupsFolder !== undefined) {
    const refusal = 'Your administrator has set the folder';
    return { other: refusal, own: refusal };
  }
  return policy?.exportDisabled ? { other: exportsOff } : {};
}
