/** Opens and closes the second window, and follows it. */
import { hitsWindowMessages } from '../../native/contract/bridge.ts';
import { bridge } from '../bridge.ts';
import { failed } from '../ui/notice.ts';
import { useWindows } from './state.ts';

/** Reads from the page's address which window it is in, and learns whether there is a second. Call once, first of all. */
export function startWindows(): void {
  if (new URLSearchParams(location.search).get('window') === 'hits')
    useWindows.setState({ kind: 'hits', apart: true });
  window.addEventListener('message', ({ source, data }) => {
    if (source !== window) return;
    if (data === hitsWindowMessages.opened) useWindows.setState({ apart: true });
    else if (data === hitsWindowMessages.closed) useWindows.setState({ apart: false });
  });
  void tell('ask');
}

/** Opens it, or brings it to the front. */
export function openHitsWindow(): void {
  void tell('open');
}

export function toggleHitsWindow(): void {
  void tell(useWindows.getState().apart ? 'close' : 'open');
}

async function tell(what: 'open' | 'close' | 'ask'): Promise<void> {
  try {
    const { open } = await bridge.hitsWindow(what);
    useWindows.setState({ apart: open });
  } catch (thrown) {
    failed('The window for hits does not answer', thrown);
  }
}
