/** The methods for lesions as the product runs them, on embeddings that no library holds: the fused one and those that it joins. */
import { predictUnseen, reliability } from '../../native/benchmark/calibration.ts';
import { type ClassRange, classOf } from '../../native/benchmark/classes.ts';
import { evaluate } from '../../native/benchmark/evaluate.ts';
import { type EvaluatedCase, methodRankings } from '../../native/benchmark/methodRankings.ts';
import type { MultiPlaneManifest } from '../../native/encoder/manifest.ts';
import type { GalleryRow } from '../../native/retrieval/gallery.ts';
import { LevelIndex } from '../../native/retrieval/levelIndex.ts';
import { comparedMethod, methodNamed, needsOf, scoresCompare } from '../../native/retrieval/methods.ts';
import { partNamed } from '../../native/retrieval/part.ts';
import { needName } from '../../native/retrieval/scope.ts';
import { VectorStore } from '../../native/vectors/store.ts';
import type { LabelledLesion } from './lidc.ts';

/** Compares the fused method with each that it joins, and prints how reliable their scores are. */
export async function printFused(
  lesions: readonly LabelledLesion[],
  embeddings: readonly Float32Array[],
  { id, output }: MultiPlaneManifest,
  field: string,
  classes: readonly ClassRange[],
): Promise<void> {
  const fused = methodNamed(comparedMethod);
  if (fused.how !== 'fusion') throw new Error(`${comparedMethod} joins no methods`);
  const { dim } = output;
  const key = { level: 'lesion', pooling: '', dim, encoder: { id, version: '', preprocessing: '' } } as const;
  const rows = lesions.map(({ name, patient, labels }): GalleryRow => {
    return { lesion: name, patient, volume: name, labels };
  });
  const vectors = rows.map(({ lesion }, at) => ({ id: lesion, vector: embeddings[at] }));
  const index = new LevelIndex(VectorStore.build(key, vectors), false);
  const needs = new Map(
    needsOf(fused).map((need) => {
      const part = need.part === undefined ? undefined : partNamed(need.part, id, output.parts);
      return [needName(need), { index, part }];
    }),
  );
  const cases = rows.map(({ patient, labels }) => ({ patient, value: labels[field] }));
  const evaluated = rows.map((row, at): EvaluatedCase => {
    const vectors = new Map(Array.from(needs.keys(), (name) => [name, [embeddings[at]]]));
    return { row, class: classOf(cases[at].value, classes), probe: { vectors } };
  });
  const methods = [fused, ...fused.of.map(methodNamed).filter(scoresCompare)];
  const { rankings, answers } = await methodRankings(methods, { needs, words: () => [] }, evaluated);
  const result = await evaluate({ field, cases, classes, methods: rankings, compared: fused.name });
  const shown = ({ value, lo, hi }: { value: number; lo: number; hi: number }) =>
    `${value.toFixed(3)} [${lo.toFixed(3)}, ${hi.toFixed(3)}]`;
  const { name } = fused;
  console.log(
    `  method ${name}: P@5 ${shown(result.methods[name]['p@5'])}, AP ${shown(result.methods[name].ap)}`,
  );
  for (const { other, ...by } of result.comparisons)
    console.log(`  ${name} − ${other}: P@5 ${shown(by['p@5'])}, AP ${shown(by.ap)}`);
  for (const [method, list] of answers) {
    const measured = reliability(predictUnseen(list));
    if (!measured) continue;
    const bins = measured.bins.map(
      ({ expected, observed }) => `${expected.toFixed(2)}/${observed.toFixed(2)}`,
    );
    console.log(
      `  calibration of ${method}: mean error ${shown(measured.ece)}; expected/observed ${bins.join(' ')}`,
    );
  }
  console.log('');
}
