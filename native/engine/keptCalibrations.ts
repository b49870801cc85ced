/** What a library has learned of its methods' scores from one of its labels, and what that says of the hits of a search. */
import { z } from 'zod';
import {
  type Answer,
  fewestPairs,
  fitCalibration,
  pairsAt,
  probabilityAt,
  seenAt,
} from '../benchmark/calibration.ts';
import { classOf, parseClasses } from '../benchmark/classes.ts';
import { quantile } from '../benchmark/quantile.ts';
import type { Expectation } from '../contract/model.ts';
import { fieldValue, type GalleryRow } from '../retrieval/gallery.ts';
import type { Library } from './library.ts';
import type { Plan } from './methodSources.ts';

type Kept = Pick<Library, 'reads' | 'writes' | 'gallery'>;

const setting = 'calibrations';
const calibration = z.object({
  field: z.string(),
  /** The ranges that make classes of a numeric label. */
  ranges: z.string().optional(),
  /** The vectors whose scores were calibrated; others make other scores. */
  vectors: z.array(z.string()),
  /** How many lesions had a class. */
  lesions: z.number().int(),
  chance: z.number(),
  /** Whether the encoder had learned from patients of the library. */
  trainedOn: z.boolean(),
  /** The nearest hit of 19 in 20 lesions was as near or nearer. */
  usual: z.number(),
  knots: z
    .array(
      z.object({
        score: z.number(),
        from: z.number(),
        probability: z.number(),
        pairs: z.number().int(),
        shared: z.number().int(),
      }),
    )
    .min(1),
});
type KeptCalibration = z.infer<typeof calibration>;
const stored = z.record(z.string(), calibration);

/** With more lesions than this share more or less, a calibration is stale. */
const mostChange = 0.2;
/** Hits that are this little better than chance say nothing. */
const worthMore = 0.05;
const unusual = 0.05;
/** Fewer hits than this say little of the query. */
const fewHits = 5;

/** The calibration of a method by all that its queries found; searches use it until it is stale. */
export function keepCalibration(
  library: Kept,
  method: string,
  plan: Plan,
  answers: readonly Answer[],
  of: Pick<KeptCalibration, 'field' | 'ranges' | 'chance' | 'trainedOn'>,
): void {
  const first = answers.flatMap(({ hits }) => hits.at(0)?.score ?? []);
  const own: KeptCalibration = {
    ...of,
    vectors: vectorsOf(plan),
    lesions: classed(library.gallery(), of.field, of.ranges),
    usual: quantile(Float64Array.from(first).sort(), unusual),
    knots: fitCalibration(answers),
  };
  library.writes.setSetting(setting, JSON.stringify({ ...all(library), [method]: own }));
}

/** What the hits of a search are worth, where the method was calibrated, and what should be said of it. */
export function expectationOf(
  library: Kept,
  method: string,
  plan: Plan,
  hits: readonly { readonly score: number; readonly row: GalleryRow }[],
): { readonly expected?: Expectation; readonly notes: readonly string[] } {
  const kept = all(library);
  const own = Object.hasOwn(kept, method) ? kept[method] : undefined;
  if (!own || hits.length === 0) return { notes: [] };
  const { field, ranges, chance, trainedOn, usual, knots } = own;
  const now = classed(library.gallery(), field, ranges);
  if (
    vectorsOf(plan).join() !== own.vectors.join() ||
    Math.abs(now - own.lesions) > mostChange * own.lesions
  ) {
    const what = `how often hits share ${field} is not said`;
    return {
      notes: [`${what}: the library or its encoder has changed since that was measured; evaluate it again`],
    };
  }
  const classes = ranges === undefined ? undefined : parseClasses(ranges);
  const chances = hits.map(({ score, row }) =>
    classOf(fieldValue(row, field), classes) === null ? null : probabilityAt(knots, score),
  );
  const near = hits.map(({ score }, at) => (chances[at] === null ? null : seenAt(knots, score)));
  const known = hits.flatMap(({ score }, at) => (chances[at] === null ? [] : [score]));
  const pairs = pairsAt(knots, known);
  const notes: string[] = [];
  if (hits.length < fewHits) notes.push(`few hits (${hits.length}) say little of what the lesion is`);
  if (hits[0].score < usual) {
    notes.push(
      'even the nearest hit is farther than that of 19 in 20 lesions of this library: little here is like it',
    );
  }
  if (known.length === 0 || pairs < fewestPairs) return { notes };
  const precision = chances.reduce<number>((sum, value) => sum + (value ?? 0), 0) / known.length;
  if (trainedOn)
    notes.push(`the encoder was trained on patients here: new ones may share ${field} less often`);
  if (precision < chance + worthMore) {
    const [here, random] = [precision, chance].map((share) => `${Math.round(100 * share)}%`);
    notes.push(
      `hits as far as these share ${field} hardly more often than random lesions: ${here}, by chance ${random}`,
    );
  }
  return { expected: { field, precision, chance, pairs, hits: chances, near }, notes };
}

/** What another version has kept in another form is no calibration. */
function all({ reads }: Pick<Kept, 'reads'>): Readonly<Record<string, KeptCalibration>> {
  return stored.safeParse(JSON.parse(reads.setting(setting) ?? '{}')).data ?? {};
}

function vectorsOf({ needs }: Plan): string[] {
  return Array.from(needs.values(), ({ key: { encoder, version, preprocessing, level, pooling } }) =>
    [encoder, version, preprocessing, level, pooling].join(' '),
  );
}

const counted = new WeakMap<object, Map<string, number>>();

/** How many lesions of the gallery, as it is until it changes, have a class. */
function classed(
  gallery: ReadonlyMap<string, GalleryRow>,
  field: string,
  ranges: string | undefined,
): number {
  const known = counted.get(gallery) ?? new Map<string, number>();
  counted.set(gallery, known);
  const name = JSON.stringify([field, ranges]);
  const before = known.get(name);
  if (before !== undefined) return before;
  const classes = ranges === undefined ? undefined : parseClasses(ranges);
  let count = 0;
  for (const row of gallery.values()) if (classOf(fieldValue(row, field), classes) !== null) count++;
  known.set(name, count);
  return count;
}
