/** Who a patient is, as it is written in the window; for teaching a number in its place, of dates the year alone, and no free text. */
import { create } from 'zustand';
import { isHitsPage } from '../windows/state.ts';
import { date, patientId } from './format.ts';
import { useView } from './store.ts';

interface Numbering {
  /** The patients that have numbers, in the order in which they came into view: the same for as long as a window is open. */
  readonly numbered: readonly string[];
  /** Shown here while the other window gives the numbers, and not numbered yet. */
  readonly unnumbered: readonly string[];
}
export const useNumbering = create<Numbering>(() => ({ numbered: [], unnumbered: [] }));

let numbers = new Map<string, number>();
useNumbering.subscribe(({ numbered }, before) => {
  if (numbered !== before.numbered) numbers = new Map(numbered.map((identity, n) => [identity, n + 1]));
});

/** Gives these patients the next numbers, those that have none. */
export function numberPatients(identities: readonly string[]): void {
  const { numbered } = useNumbering.getState();
  const known = new Set(numbered);
  const others = [...new Set(identities)].filter((identity) => !known.has(identity));
  if (others.length > 0) useNumbering.setState({ numbered: [...numbered, ...others] });
}

const waiting = new Set<string>();
/** Numbers are asked for while a panel is drawn, when no state may change: those who wait are told of right after it. */
function wait(identity: string): void {
  if (waiting.size === 0)
    queueMicrotask(() => {
      const identities = [...waiting];
      waiting.clear();
      if (isHitsPage()) useNumbering.setState({ unnumbered: identities });
      else numberPatients(identities);
    });
  waiting.add(identity);
}

function numbered(identity: string): string {
  const known = numbers.get(identity);
  if (known !== undefined) return `Patient ${known}`;
  wait(identity);
  // The first window numbers for both: two that number at once would give one number twice.
  if (isHitsPage()) return 'Patient …';
  numbers.set(identity, numbers.size + 1);
  return `Patient ${numbers.size}`;
}

export interface Identity {
  readonly hidden: boolean;
  /** The PatientID, for narrow places. */
  readonly patient: (identity: string) => string;
  /** With its issuer, where there is room. */
  readonly whole: (identity: string) => string;
  readonly date: (value: string | undefined) => string;
  /** What someone wrote, or where a file lies: anything may stand in it. Nothing where it is hidden. */
  readonly text: (value: string | undefined) => string;
}

const open: Identity = {
  hidden: false,
  patient: patientId,
  whole: (identity) => identity,
  date,
  text: (value) => value ?? '',
};
const hidden: Identity = {
  hidden: true,
  patient: numbered,
  whole: numbered,
  date: (value) => value?.match(/^\d{4}/)?.[0] ?? '',
  text: () => '',
};

export function useIdentity(): Identity {
  const masked = useView((s) => s.identityHidden);
  // What was drawn without its numbers is drawn again when they come.
  useNumbering((s) => (masked ? s.numbered : null));
  return masked ? hidden : open;
}
