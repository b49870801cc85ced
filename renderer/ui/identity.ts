/** Who a patient is, as it is written in the window; for teaching a number in its place, of dates the year alone, and no free text. */
import { date, patientId } from './format.ts';
import { useView } from './store.ts';

/** Numbers in the order in which patients came into view: the same for as long as the window is open, and telling nothing. */
const numbers = new Map<string, number>();

function numbered(identity: string): string {
  const number = numbers.get(identity) ?? numbers.size + 1;
  numbers.set(identity, number);
  return `Patient ${number}`;
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
  return useView((s) => s.identityHidden) ? hidden : open;
}
