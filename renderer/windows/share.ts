/**
 * Keeps the view state of the two windows one: what changes here is told to the other page, and what it tells is taken in once it
 * fits the contract. The channel is the origin's own, so that no other page can speak on it.
 */
import { safely } from '../../native/contract/safely.ts';
import {
  type SharedName,
  type SharedValues,
  sharedNumbering,
  sharedResults,
  sharedView,
  type WindowMessage,
  windowMessage,
} from '../../native/contract/windows.ts';
import { queryClient } from '../engine.ts';
import { useColumns } from '../query/columns/columnsStore.ts';
import { findOrSay } from '../query/findOrSay.ts';
import { useResults } from '../query/results.ts';
import { assertNever } from '../ui/assertNever.ts';
import { numberPatients, useNumbering } from '../ui/identity.ts';
import { followKept } from '../ui/kept.ts';
import { failed } from '../ui/notice.ts';
import { openVolume, useView, type ViewState } from '../ui/store.ts';
import { lesionQuery, volumeQuery } from '../viewer/lesionMasks.ts';
import { Changes } from './changes.ts';
import { isHitsPage, useWindows } from './state.ts';

let channel: BroadcastChannel | null = null;

function say(message: WindowMessage): void {
  channel?.postMessage(message);
}

/** Searches for what is marked or chosen in the first window. */
export function findInFirst(): void {
  say({ say: 'find' });
}

/** Takes the focus in the window for hits to the words that are searched for. */
export function goToWords(): void {
  say({ say: 'words' });
}

/** As the stores hold them: never changed in place. */
type Held<T> = T extends Uint8Array ? T : T extends object ? { readonly [K in keyof T]: Held<T[K]> } : T;

function valuesNow(): SharedValues {
  const { numbered } = useNumbering.getState();
  const { open: columns } = useColumns.getState();
  const held: Held<SharedValues> = { ...useView.getState(), ...useResults.getState(), columns, numbered };
  // They go over as copies.
  return held as SharedValues;
}

/** The values whose names a part of them has. */
function ofPart<T extends Partial<Record<SharedName, unknown>>>(values: Partial<SharedValues>, part: T) {
  const own = Object.entries(values).filter(([name]) => Object.hasOwn(part, name));
  return Object.fromEntries(own) as Partial<Pick<SharedValues, keyof T & SharedName>>;
}

/**
 * Begins to share under a name that is the library's, asks the other window for what it knows, and tells it the rest. Call once,
 * when what is kept of an earlier session was put back.
 */
export function startSharing(library: string): void {
  const changes = new Changes(useWindows.getState().kind, valuesNow());
  channel = new BroadcastChannel(`precedent.view.${library}`);
  channel.onmessage = ({ data }) => {
    const parsed = safely(windowMessage, data);
    if (parsed.success) hear(parsed.data);
    else console.error('the other window said what does not fit the contract');
  };

  let waiting = false;
  const changed = () => {
    if (waiting) return;
    waiting = true;
    // What one action changes in several steps goes over as one change.
    queueMicrotask(() => {
      waiting = false;
      const message = changes.made(valuesNow());
      if (message) say(message);
    });
  };
  useView.subscribe(changed);
  useResults.subscribe(changed);
  useColumns.subscribe(changed);
  useNumbering.subscribe(changed);
  window.addEventListener('storage', followKept);
  if (isHitsPage()) {
    useView.subscribe(openInFirst);
    useView.subscribe(showInFirst);
    useNumbering.subscribe(({ unnumbered }, before) => {
      if (unnumbered !== before.unnumbered && unnumbered.length > 0)
        say({ say: 'unnumbered', patients: [...unnumbered] });
    });
  }
  say({ say: 'hello' });
  say(changes.all());

  function hear(message: WindowMessage): void {
    switch (message.say) {
      case 'hello':
        say(changes.all());
        return;
      case 'values': {
        const values = changes.taken(message);
        useView.setState(ofPart(values, sharedView));
        useResults.setState(ofPart(values, sharedResults));
        if (values.columns !== undefined) useColumns.setState({ open: values.columns });
        useNumbering.setState(ofPart(values, sharedNumbering));
        return;
      }
      case 'open':
        if (!isHitsPage()) void openHere(message.volume, message.lesion);
        return;
      case 'find':
        if (!isHitsPage()) findOrSay();
        return;
      case 'show':
        if (!isHitsPage()) useView.setState({ dialog: message.dialog });
        return;
      case 'words':
        if (isHitsPage()) document.getElementById('query-words')?.focus();
        return;
      case 'unnumbered':
        if (!isHitsPage()) numberPatients(message.patients);
        return;
      default:
        assertNever(message);
    }
  }
}

/** A study that was opened in the window for hits, which has no viewer, is opened in the first. */
function openInFirst({ row, lesion }: Pick<ViewState, 'row' | 'lesion'>): void {
  if (!row) return;
  useView.setState({ row: null, lesion: null, panes: [] });
  say({ say: 'open', volume: row.id, lesion: lesion?.id ?? null });
}

/** Only the list of keys is shown in either window. */
function showInFirst({ dialog }: Pick<ViewState, 'dialog'>): void {
  if (dialog === null || dialog === 'help') return;
  useView.setState({ dialog: null });
  say({ say: 'show', dialog });
}

/** Of several studies that are asked for in a row the last one is opened. */
let latest = 0;

async function openHere(volume: string, lesion: string | null): Promise<void> {
  const turn = ++latest;
  try {
    const found = await queryClient.fetchQuery(volumeQuery(volume));
    const shown = lesion === null ? null : (await queryClient.fetchQuery(lesionQuery(lesion))).lesion;
    if (turn === latest) openVolume(found.volume, shown);
  } catch (thrown) {
    failed('The study was not opened', thrown);
  }
}
