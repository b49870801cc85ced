/** Reads a file of embeddings, captions and labels of cases: what `bench retrieval` takes. docs/retrieval.md has the form. */
import { z } from 'zod';
import { PrecedentError } from '../../contract/errors.ts';
import { type MirItem, mirSliceHits } from './methods.ts';

export type MirLabelName = 'flag' | 'group';

/** A case whose vectors are known, and its labels. */
export interface LabelledItem extends MirItem {
  readonly labels: Readonly<Record<MirLabelName, number>>;
}

export interface MirEmbeddings {
  readonly kSlices: number;
  readonly train: readonly LabelledItem[];
  readonly test: readonly LabelledItem[];
}

const names = z.array(z.string()).min(1);
const numbers = z.array(z.number());
const form = z.object({
  dim: z.number().int().positive(),
  kSlices: z.number().int().positive().default(mirSliceHits),
  train: names,
  test: names,
  labels: z.record(z.string(), z.object({ flag: z.number(), group: z.number() })),
  slices: z.record(z.string(), z.array(numbers)),
  caption: z.record(z.string(), numbers).optional(),
});
type Form = z.output<typeof form>;

/**
 * The cases of a file's text. A case is told in an error by its place in `train` or `test`, since its name may be a patient's.
 * @throws PrecedentError `unreadable` for the first thing that is missing or wrong
 */
export function readMirEmbeddings(text: string): MirEmbeddings {
  const parsed = form.safeParse(json(text));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    // What follows the name of a table is the name of a case.
    const place = ['labels', 'slices', 'caption'].includes(String(path[0]))
      ? path.toSpliced(1, 1, '…')
      : path;
    throw new PrecedentError('unreadable', message, place.join('.'), seeDocs);
  }
  const { kSlices, train, test } = parsed.data;
  return { kSlices, train: items(parsed.data, 'train', train), test: items(parsed.data, 'test', test) };
}

const seeDocs = 'see docs/retrieval.md for the form of the file';

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const notFinite = /[[,:]\s*-?(NaN|Infinity)\b/.test(text);
    const what = notFinite ? 'a value is NaN or infinite' : 'it is not JSON';
    throw new PrecedentError('unreadable', what, 'the embeddings', seeDocs);
  }
}

function items(file: Form, part: 'train' | 'test', cases: readonly string[]): LabelledItem[] {
  if (new Set(cases).size < cases.length) throw wrong(part, 'a case is listed twice');
  return cases.map((name, at) => {
    const where = `${part}[${at}]`;
    const slices = entry(file.slices, name, where, 'slices').map((values, slice) =>
      vector(values, file.dim, `${where}, slice ${slice}`),
    );
    if (slices.length === 0) throw wrong(where, 'the case has no slices');
    const caption = file.caption && entry(file.caption, name, where, 'caption');
    return {
      name,
      slices,
      caption: caption && vector(caption, file.dim, `${where}, caption`),
      labels: entry(file.labels, name, where, 'labels'),
    };
  });
}

function entry<T>(table: Readonly<Record<string, T>>, name: string, where: string, what: string): T {
  if (Object.hasOwn(table, name)) return table[name];
  throw wrong(where, `"${what}" does not know the case`);
}

function vector(values: readonly number[], dim: number, where: string): Float32Array {
  if (values.length !== dim) throw wrong(where, `${values.length} values instead of ${dim}`);
  const floats = Float32Array.from(values);
  if (!floats.every(Number.isFinite)) throw wrong(where, 'a value is beyond single precision');
  if (floats.every((value) => value === 0)) throw wrong(where, 'all values are zero');
  return floats;
}

function wrong(where: string, what: string): PrecedentError {
  return new PrecedentError('unreadable', what, where, seeDocs);
}
