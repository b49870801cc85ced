/** How far the hits of a method agree with the query, and the hits of several methods with one another. */
import type { Hit, LesionRow } from '../../../native/contract/model.ts';
import { byImportance } from '../../ui/labels.ts';

type Labelled = Pick<LesionRow, 'labels' | 'diagnosis'>;
const proven: ReadonlySet<string> = new Set(['histology', 'surgery', 'follow-up']);

/** What a lesion is by a label; a diagnosis counts where it is proven. */
export function classOf({ labels, diagnosis }: Labelled, field: string): string | undefined {
  if (field === 'diagnosis' && diagnosis)
    return proven.has(diagnosis.proof) ? diagnosis.diagnosis : undefined;
  return Object.hasOwn(labels, field) ? labels[field] : undefined;
}

/** The labels by which hits can be held against the query, the telling ones first: its own, or else those of the hits. */
export function fieldsOf(query: Labelled | null, hits: readonly Labelled[]): readonly string[] {
  const named = (of: Labelled) => [...(of.diagnosis ? ['diagnosis'] : []), ...Object.keys(of.labels)];
  const own = query ? named(query) : [];
  return byImportance([...new Set(own.length > 0 ? own : hits.flatMap(named))]);
}

interface Agreement {
  readonly same: number;
  /** Of so many the class is known. */
  readonly known: number;
  readonly of: number;
}

/** How many of the hits have the query's class. */
export function agreement(hits: readonly Labelled[], field: string, wanted: string): Agreement {
  const classes = hits.map((hit) => classOf(hit, field));
  return {
    same: classes.filter((one) => one === wanted).length,
    known: classes.filter((one) => one !== undefined).length,
    of: hits.length,
  };
}

export function agreementText({ same, known, of }: Agreement): string {
  return `${same} of ${of} same${known < of ? `, ${of - known} not known` : ''}`;
}

/** In how many of the columns each lesion stands. */
export function columnsWith(
  columns: readonly (readonly Pick<Hit, 'lesion'>[])[],
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const hits of columns) for (const { lesion } of hits) found.set(lesion, (found.get(lesion) ?? 0) + 1);
  return found;
}
