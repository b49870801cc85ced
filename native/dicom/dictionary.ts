/** What attributes are called and which VR they have where a file does not say it (PS3.6). */
import { dictionaryRows } from './dictionaryRows.ts';

export interface DictionaryEntry {
  readonly vr: string;
  readonly keyword: string;
}

/** VRs that the dictionary leaves to other attributes, as little-endian files without VRs are read. */
const chosenVr: Readonly<Record<string, string>> = { xs: 'US', ox: 'OW', lt: 'OW', up: 'UL', na: '' };

const entries = new Map<string, DictionaryEntry>();
for (const row of dictionaryRows.trim().split(/\s+/)) {
  const [tag, vr, keyword] = row.split(':');
  entries.set(tag, { vr: chosenVr[vr] ?? vr, keyword });
}

/** @param tag 'ggggeeee' in lower case; repeating groups (PS3.5 section 7.6) are listed as their first */
export function dictionaryEntry(tag: string): DictionaryEntry | undefined {
  return entries.get(tag) ?? entries.get(tag.replace(/^(50|60)../, '$100'));
}
