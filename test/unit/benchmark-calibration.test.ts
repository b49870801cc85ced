/** What a hit is worth: chances that rise with the score, do not see whom they are tested on, and are judged as they deserve. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Answer,
  depth,
  fewestPairs,
  fitCalibration,
  type Prediction,
  pairsAt,
  predictUnseen,
  probabilityAt,
  recorded,
  reliability,
  seenAt,
} from '../../native/benchmark/calibration.ts';
import { foldsOf } from '../../native/benchmark/folds.ts';
import { createRandom } from '../../native/random.ts';

/** Queries of as many patients, whose hits share the class as often as `truth` says for their score. */
function made(patients: number, truth: (score: number) => number): Answer[] {
  const random = createRandom(7, 'answers');
  return Array.from({ length: patients }, (_, n) => ({
    patient: `p${n}`,
    hits: Array.from({ length: recorded }, () => random.next())
      .sort((a, b) => b - a)
      .map((score, at) => ({
        patient: `p${(n + 1 + at) % patients}`,
        score,
        shared: random.next() < truth(score),
      })),
  }));
}

describe('the chance by the score', () => {
  test('comes near to the true one', () => {
    const knots = fitCalibration(made(400, (score) => 0.2 + 0.6 * score));
    for (const score of [0.75, 0.8, 0.9, 0.95])
      expect(Math.abs(probabilityAt(knots, score) - (0.2 + 0.6 * score))).toBeLessThan(0.06);
    expect(knots.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(400 * depth);
  });

  test('is linear between the knots and constant beyond them', () => {
    const knots = [
      { score: 0.2, probability: 0.3, pairs: 40 },
      { score: 0.6, probability: 0.5, pairs: 50 },
      { score: 0.8, probability: 0.9, pairs: 60 },
    ];
    for (const [score, chance] of [[0, 0.3], [0.2, 0.3], [0.4, 0.4], [0.6, 0.5], [0.7, 0.7], [0.9, 0.9]])
      expect(probabilityAt(knots, score)).toBeCloseTo(chance, 12); // biome-ignore format: pairs
    expect(pairsAt(knots, [0.1])).toBe(40);
    expect(pairsAt(knots, [0.1, 0.3])).toBe(90);
    expect(pairsAt(knots, [0.7, 0.9])).toBe(110);
    expect(pairsAt(knots, [])).toBe(0);
  });

  test('never falls, stays inside 0 and 1, and keeps every pair, whatever was found', () => {
    const hit = fc.record({ patient: fc.constant('x'), score: fc.float({ noNaN: true, noDefaultInfinity: true }), shared: fc.boolean() }); // biome-ignore format: one hit
    fc.assert(
      fc.property(fc.array(hit, { minLength: fewestPairs, maxLength: 400 }), (hits) => {
        const answers = hits.map((one) => ({ patient: 'q', hits: [one] }));
        const knots = fitCalibration(answers);
        expect(knots.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(hits.length);
        const chances = [...hits]
          .sort((a, b) => a.score - b.score)
          .map(({ score }) => probabilityAt(knots, score));
        for (const [at, chance] of chances.entries()) {
          expect(chance).toBeGreaterThanOrEqual(0);
          expect(chance).toBeLessThanOrEqual(1);
          if (at > 0) expect(chance).toBeGreaterThanOrEqual(chances[at - 1] - 1e-9);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('what was seen at a score is the group that it falls into, counted and not smoothed', () => {
    const group = { score: 0, probability: 0.5 };
    const knots = [
      { ...group, from: 0.2, pairs: 40, shared: 10 },
      { ...group, from: 0.5, pairs: 41, shared: 30 },
    ];
    const seen = [0.1, 0.2, 0.49, 0.5, 0.9].map((score) => seenAt(knots, score));
    expect(seen.map(({ shared, of }) => `${shared}/${of}`)).toEqual([
      '10/40',
      '10/40',
      '10/40',
      '30/41',
      '30/41',
    ]);
    const fitted = fitCalibration(made(400, (score) => 0.2 + 0.6 * score));
    expect(fitted.every(({ pairs, shared, from, score }) => shared <= pairs && from <= score)).toBe(true);
    expect(fitted.map(({ from }) => from)).toEqual(fitted.map(({ from }) => from).sort((a, b) => a - b));
  });

  test('is not told of too few pairs', () => {
    expect(fitCalibration(made(2, () => 0.5))).toEqual([]);
    expect(predictUnseen(made(3, () => 0.5))).toEqual([]);
    expect(reliability([])).toBeUndefined();
  });
});

describe('what is expected of a patient', () => {
  test('has not learned from that patient’s fold, neither as query nor as hit', () => {
    const answers = made(20, (score) => score);
    const foldOf = foldsOf(answers.map(({ patient }) => patient));
    const own = foldOf.get('p0');
    const turned = answers.map(({ patient, hits }) => ({
      patient,
      hits: hits.map((hit) =>
        foldOf.get(patient) === own || foldOf.get(hit.patient) === own
          ? { ...hit, shared: !hit.shared }
          : hit,
      ),
    }));
    const expectedOf = (list: readonly Answer[]) =>
      predictUnseen(list).flatMap(({ patient, expected }) => (foldOf.get(patient) === own ? [expected] : []));
    expect(expectedOf(turned)).toEqual(expectedOf(answers));
    expect(expectedOf(answers)).toHaveLength(4 * depth);
    expect(predictUnseen(turned).map(({ expected }) => expected)).not.toEqual(
      predictUnseen(answers).map(({ expected }) => expected),
    );
  });
});

describe('reliability', () => {
  const random = createRandom(3, 'predictions');
  const calibrated = Array.from({ length: 200 * depth }, (_, n): Prediction => {
    const expected = random.range(0.1, 0.8);
    return { patient: `p${n % 200}`, expected, shared: random.next() < expected };
  });
  const shifted = calibrated.map((one) => ({ ...one, expected: one.expected + 0.15 }));

  test('finds calibrated chances calibrated, in five bins of equally many hits', () => {
    const judged = reliability(calibrated);
    expect(judged?.bins.map(({ n }) => n)).toEqual([400, 400, 400, 400, 400]);
    expect(judged?.ece.value).toBeLessThan(0.04);
    expect(judged?.ece.hi).toBeLessThan(0.1);
    for (const { expected, lo, hi, lo95, hi95 } of judged?.bins ?? []) {
      expect(lo <= expected && expected <= hi).toBe(true);
      expect(lo95 < expected && expected < hi95).toBe(true);
    }
  });

  test('finds chances that promise too much uncalibrated', () => {
    const judged = reliability(shifted);
    expect(judged?.ece.value).toBeCloseTo(0.15, 1);
    expect(judged?.ece.lo).toBeGreaterThan(0.1);
    for (const { expected, hi95 } of judged?.bins ?? []) expect(expected).toBeGreaterThan(hi95);
  });

  test('of what is learned from one library holds for its other patients, and says where it does not', () => {
    expect(reliability(predictUnseen(made(150, (score) => score)))?.ece.value).toBeLessThan(0.05);
    // The patients of one fold are others: their hits share nothing.
    const foldOf = foldsOf(made(150, () => 0).map(({ patient }) => patient));
    const uneven = made(150, () => 0.8).map(
      ({ patient, hits }) =>
      foldOf.get(patient) === 0 ? { patient, hits: hits.map((hit) => ({ ...hit, shared: false })) } : { patient, hits }, // biome-ignore format: one case
    );
    expect(reliability(predictUnseen(uneven))?.ece.value).toBeGreaterThan(0.1);
  });

  test('gives the same intervals again, and draws whole patients', () => {
    expect(reliability(calibrated)).toEqual(reliability(calibrated));
    const alike = calibrated.map((one, n) => ({ ...one, patient: `p${n % 200}`, shared: n % 200 < 100 }));
    const independent = calibrated.map((one, n) => ({ ...one, patient: `q${n}`, shared: n % 200 < 100 }));
    const width = (list: readonly Prediction[]) => {
      const [bin] = reliability(list)?.bins ?? [];
      return bin.hi95 - bin.lo95;
    };
    expect(width(alike)).toBeGreaterThan(1.2 * width(independent));
  });
});
