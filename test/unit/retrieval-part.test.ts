/** Searching by one part of an embedding gives the cosines of that part, in the same order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partNamed, partQuery } from '../../native/retrieval/part.ts';

const part = { name: 'measured', from: 3, to: 6 };
const unit = (values: readonly number[]) => {
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
};
/** An embedding whose parts have the lengths √0.4 and √0.6. */
const embedding = (learned: readonly number[], measured: readonly number[]) =>
  Float32Array.from([
    ...unit(learned).map((value) => value * Math.sqrt(0.4)),
    ...unit(measured).map((value) => value * Math.sqrt(0.6)),
  ]);
const cosine = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, at) => sum + value * b[at], 0) / Math.hypot(...a) / Math.hypot(...b);
const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
const vectors = values.filter((v) => Math.hypot(...v) > 0.1);

test('the score is the cosine of the parts, whatever the rest', () => {
  fc.assert(
    fc.property(vectors, vectors, vectors, vectors, (a, b, c, d) => {
      const { vector, score } = partQuery(embedding(a, b), part);
      expect(Array.from(vector.subarray(0, 3))).toEqual([0, 0, 0]);
      const own = cosine(Float32Array.from(b), Float32Array.from(d));
      expect(score(cosine(vector, embedding(c, d)))).toBeCloseTo(own, 4);
    }),
  );
});

test('a part that an encoder lacks is refused', () => {
  expect(partNamed('measured', 'x', [part])).toBe(part);
  expect(() => partNamed('learned', 'x', [part])).toThrow('the embeddings of x have no part "learned"');
});
