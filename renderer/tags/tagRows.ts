/** Which rows of a header a search keeps. */
import type { HeaderRow } from '../../native/contract/originalHeader.ts';

/** Those that hold all the words, in tag, name, VR or value, with the sequences and items around them. A tag may be typed with or without its brackets. */
export function rowsWith(rows: readonly HeaderRow[], words: string): readonly HeaderRow[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rows;
  const kept = new Set<string>();
  for (const { path, tag, name, vr, value } of rows) {
    const text = `${tag} ${tag.replaceAll(/[(),]/g, '')} ${name} ${vr} ${value}`.toLowerCase();
    if (!wanted.every((word) => text.includes(word))) continue;
    const parts = path.split('.');
    for (let n = 1; n <= parts.length; n++) kept.add(parts.slice(0, n).join('.'));
  }
  return rows.filter(({ path }) => kept.has(path));
}
