/** Files that were dropped, or that the application was opened with, become sources of an import. */
import { useEffect } from 'react';
import { type Granted, menuOpenedMessage } from '../../../native/contract/bridge.ts';
import { bridge } from '../../bridge.ts';
import { useEngineLine } from '../../engine.ts';
import { useSession } from '../../lock/session.ts';
import { failed } from '../../ui/notice.ts';
import { useView } from '../../ui/store.ts';

/** Shows the import dialog with these beside what it has already. */
export function addSources(granted: readonly Granted[]): void {
  if (granted.length === 0) return;
  useView.setState(({ sources }) => ({
    dialog: 'import',
    importTab: 'new',
    sources: [...sources, ...granted],
  }));
}

/** Takes what the application was opened with, as soon as a library is open to import it into and nobody has to sign in. */
export function useOpened(): void {
  useEffect(() => {
    const take = () => {
      if (useEngineLine.getState().line !== 'connected' || useSession.getState().session?.locked) return;
      bridge
        .takeOpened()
        .then(addSources)
        .catch((error: unknown) => failed('What was opened could not be read', error));
    };
    const onMessage = (event: MessageEvent) => {
      if (event.source === window && event.data === menuOpenedMessage) take();
    };
    take();
    window.addEventListener('message', onMessage);
    const stopSession = useSession.subscribe(({ session }, before) => {
      if (before.session?.locked && !session?.locked) take();
    });
    const stopLine = useEngineLine.subscribe((now, before) => {
      if (now.line === 'connected' && before.line !== 'connected') take();
    });
    return () => {
      window.removeEventListener('message', onMessage);
      stopSession();
      stopLine();
    };
  }, []);
}
