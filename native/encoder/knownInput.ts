/** Inputs that are the same on every machine, for comparing and timing providers. */
import type { InputData } from '../contract/inference.ts';
import { itemLength } from './execute.ts';
import type { ModelSpec } from './model.ts';

/** `count` items, each another one: pictures with detail at every scale (0…1), or the ids of plausible tokens. */
export function knownInputs(spec: ModelSpec, count: number): InputData[] {
  return spec.inputs.map(({ name, type, shape }) => {
    const each = itemLength(shape);
    if (type === 'int64') {
      const data = new Int32Array(count * each);
      for (let at = 0; at < data.length; at++) data[at] = token(name, at % each, Math.floor(at / each));
      return { name, data };
    }
    const data = new Float32Array(count * each);
    const width = shape.at(-1) ?? 1;
    const height = shape.at(-2) ?? 1;
    for (let at = 0; at < data.length; at++) {
      const x = at % width;
      const y = Math.floor(at / width) % height;
      const channel = Math.floor(at / (width * height));
      const waves =
        Math.sin(0.09 * x * (1 + (channel % 5)) + Math.floor(at / each)) +
        Math.sin(0.31 * y + 0.13 * x) +
        Math.sin(1.3 * x - y);
      data[at] = 0.5 + waves / 6;
    }
    return { name, data };
  });
}

/** Masks are all ones and types all zeros, as for one text of full length; ids stay below any vocabulary's size. */
function token(name: string, position: number, item: number): number {
  if (/mask/i.test(name)) return 1;
  if (/type/i.test(name)) return 0;
  return 1 + ((position * 37 + item * 11) % 97);
}
