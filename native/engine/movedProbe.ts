/** A query as marks on hits have moved it. */
import type { Feedback } from '../contract/feedback.ts';
import { levels } from '../contract/levels.ts';
import { rocchio } from '../retrieval/feedback.ts';
import type { GalleryRow } from '../retrieval/gallery.ts';
import { learnable } from '../retrieval/methods.ts';
import type { Probe } from '../retrieval/scope.ts';
import type { NeedPlan, Plan } from './methodSources.ts';

interface MarkedRows {
  readonly relevant: readonly GalleryRow[];
  readonly irrelevant: readonly GalleryRow[];
}

/** The marked lesions that are still in the library. */
export function markedRows(
  gallery: ReadonlyMap<string, GalleryRow>,
  { relevant, irrelevant }: Readonly<Record<keyof Feedback, readonly string[]>>,
): MarkedRows {
  const rows = (lesions: readonly string[]) => lesions.flatMap((lesion) => gallery.get(lesion) ?? []);
  return { relevant: rows(relevant), irrelevant: rows(irrelevant) };
}

/**
 * Moves each vector of which the query has one and each lesion or volume has one; of a fusion those of every method that
 * has such. Words, and the slices of slice methods and late interaction, stay as they are. Marked lesions without a vector
 * do not count.
 */
export function movedProbe(
  { probe, plan, notes }: { readonly probe: Probe; readonly plan: Plan; readonly notes: readonly string[] },
  marks: MarkedRows,
): { probe: Probe; notes: readonly string[] } {
  if (marks.relevant.length + marks.irrelevant.length === 0) return { probe, notes };
  const vectors = new Map(probe.vectors);
  let moved = 0;
  for (const [name, need] of plan.needs) {
    const [vector] = vectors.get(name) ?? [];
    if (!vector || !learnable(need.need)) continue;
    vectors.set(name, [rocchio(vector, markedVectors(need, marks), need.embedder.manifest.output.parts)]);
    moved++;
  }
  if (moved > 0) return { probe: { ...probe, vectors }, notes };
  return { probe, notes: [...notes, 'marks do not move a search by this method'] };
}

function markedVectors({ need, index }: NeedPlan, { relevant, irrelevant }: MarkedRows) {
  const of = (rows: readonly GalleryRow[]) =>
    rows.flatMap(({ lesion, volume }) =>
      index.vectorsOf(levels[need.level].of === 'lesion' ? lesion : volume),
    );
  return { relevant: of(relevant), irrelevant: of(irrelevant) };
}
