/** Weights of a fusion: what tells the classes apart gets them, and nobody's own answer is used. */
import { expect, test } from 'vitest';
import { crossFit, type LabelledCase } from '../../native/benchmark/crossFit.ts';
import { fitFusion } from '../../native/benchmark/fitFusion.ts';
import { Turns } from '../../native/process/turns.ts';
import { createRandom } from '../../native/random.ts';
import { LevelIndex } from '../../native/retrieval/levelIndex.ts';
import { type FusionMethod, methodNamed } from '../../native/retrieval/methods.ts';
import { needName } from '../../native/retrieval/scope.ts';
import { VectorStore } from '../../native/vectors/store.ts';
import { lesionKey } from '../support/vectors.ts';

test('the method that tells the classes apart gets the weight, noise gets less, the opposite gets none', async () => {
  const random = createRandom(1, 'fit');
  const queries = Array.from({ length: 40 }, (_, q) => {
    const relevant = Uint8Array.from({ length: 30 }, (_, i) => (i % 3 === q % 3 ? 1 : 0));
    const noise = () => random.next() - 0.5;
    const good = Float64Array.from(relevant, (value) => value - 0.5 + noise());
    return {
      class: `c${q % 3}`,
      scores: [good, Float64Array.from(relevant, noise), good.map((value) => -value)],
      relevant,
    };
  });
  const [good, noise, opposite] = await fitFusion(queries, 3, new Turns());
  expect(good + noise + opposite).toBeCloseTo(1, 9);
  expect(good).toBeGreaterThan(0.8);
  expect(noise).toBeLessThan(0.2);
  expect(opposite).toBe(0);
});

test('queries without both kinds of pairs teach nothing, and the weights are equal', async () => {
  const only = {
    class: 'a',
    scores: [Float64Array.of(1, 2), Float64Array.of(2, 1)],
    relevant: Uint8Array.of(1, 1),
  };
  expect(await fitFusion([only], 2, new Turns())).toEqual([0.5, 0.5]);
  expect(await fitFusion([], 2, new Turns())).toEqual([0.5, 0.5]);
});

/** Twenty patients on a circle by class, whose words say the class, or the opposite for one of them. */
function cases(liar: number) {
  const rows = Array.from({ length: 20 }, (_, i) => {
    return { lesion: `l${i}`, patient: `p${String(i).padStart(2, '0')}`, volume: `v${i}`, labels: {} };
  });
  const random = createRandom(7, 'circle');
  const store = VectorStore.build(
    lesionKey(2),
    rows.map(({ lesion }) => ({ id: lesion, vector: [random.next() - 0.5, random.next() - 0.5] })),
  );
  const index = new LevelIndex(store, false);
  const need = needName({ level: 'lesion' });
  const said = (i: number) => ((i + (i === liar ? 1 : 0)) % 2 === 0 ? 'even' : 'odd');
  const words = (text: string) =>
    rows.map(({ lesion }, i) => ({ id: lesion, score: said(i) === text ? 1 : 0 }));
  const labelled = rows.map((row, i): LabelledCase => {
    return {
      row,
      class: i % 2 === 0 ? 'even' : 'odd',
      probe: { vectors: new Map([[need, index.vectorsOf(row.lesion)]]), words: said(i) },
    };
  });
  return { labelled, sources: { needs: new Map([[need, { index }]]), words } };
}
const method = { ...methodNamed('lesion-words'), by: 'weighted' } as FusionMethod;

test('the weights for a patient are those without it, and of its fold', async () => {
  const honest = cases(-1);
  const fitted = await crossFit(method, honest.sources, honest.labelled);
  expect([...fitted.all.keys()]).toEqual(['lesion', 'caption']);
  expect(fitted.all.get('caption')).toBeGreaterThan(0.9);
  // One patient's answers change the weights of the others, never its own.
  const lying = cases(4);
  const relabelled = lying.labelled.map((one, i) => (i === 4 ? { ...one, class: 'even' } : one));
  const changed = await crossFit(method, lying.sources, relabelled);
  expect(changed.without('p04')).toEqual(fitted.without('p04'));
  expect(changed.without('p05')).not.toEqual(fitted.without('p05'));
  expect(changed.without('someone else')).toEqual(changed.all);
});
