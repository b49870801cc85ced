/** Lists of lesions of any length, of which a window is asked for at a time: put in order once, as long as the library stays as it is. */
import type { z } from 'zod';
import type { ListedLesion, lesionIds, lesionSelection, lesionWindow } from '../contract/library.ts';
import { fieldValue, type Gallery, passingInOrder } from '../retrieval/gallery.ts';
import type { Library } from './library.ts';

type Selection = z.output<typeof lesionSelection>;

/** Lists that are kept in order at once: those of the panel and of the page, before and after a sort. */
const mostKept = 4;
const byPatient = { by: 'patient', descending: false } as const;

const kept = new WeakMap<Gallery, Map<string, readonly string[]>>();

/** The ids of all that a selection lists, in its order. Throws `usage` for a field or value that there is not. */
function inOrder(library: Library, { patient, where, text, order }: Selection): readonly string[] {
  const gallery = library.gallery();
  const lists = kept.get(gallery) ?? new Map<string, readonly string[]>();
  kept.set(gallery, lists);
  const key = JSON.stringify([patient, where, text, order]);
  const known = lists.get(key);
  if (known) return known;
  const found = library.finding.lesions(text);
  const list = passingInOrder(
    gallery,
    where,
    order ?? byPatient,
    (row) => (patient === undefined || row.patient === patient) && (found?.has(row.lesion) ?? true),
  );
  lists.set(key, list);
  const [oldest] = lists.keys();
  if (lists.size > mostKept) lists.delete(oldest);
  return list;
}

/** Throws `usage` as `inOrder`. */
export function listLesions(
  library: Library,
  { offset, limit, fields, ...selection }: z.output<typeof lesionWindow>,
): { total: number; rows: ListedLesion[] } {
  const list = inOrder(library, selection);
  const gallery = library.gallery();
  const wanted = list.slice(offset, offset + limit);
  const rows = library.reads.lesions({ among: wanted, offset: 0, limit: wanted.length }).rows;
  const byId = new Map(rows.map((row) => [row.id, row]));
  return {
    total: list.length,
    rows: wanted.flatMap((id) => {
      const row = byId.get(id);
      const known = gallery.get(id);
      if (!row || !known) return [];
      const values = fields.flatMap((field) => {
        const value = fieldValue(known, field);
        return value === undefined ? [] : [[field, value] as const];
      });
      return [{ ...row, values: Object.fromEntries(values) }];
    }),
  };
}

/** Throws `usage` as `inOrder`. */
export function listLesionIds(
  library: Library,
  { offset, limit, ...selection }: z.output<typeof lesionIds>,
): { total: number; lesions: string[] } {
  const list = inOrder(library, selection);
  return { total: list.length, lesions: list.slice(offset, offset + limit) };
}
