/** Draws the application once someone may see it, and the lock over it whenever nobody may. */
import { type ReactNode, useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { LockScreen } from './LockScreen.tsx';
import { lockRoot, useSession } from './session.ts';

export function LockGate({ children }: { children: ReactNode }) {
  const session = useSession((s) => s.session);
  const locked = session?.locked ?? false;
  /** Once drawn it stays, under the lock, so that it is found again as it was left. */
  const [drawn, setDrawn] = useState(false);
  const open = session !== null && !locked;
  useEffect(() => {
    if (open) setDrawn(true);
  }, [open]);
  return (
    <>
      {(drawn || open) && children}
      {session && locked && createPortal(<LockScreen session={session} />, lockRoot())}
    </>
  );
}
