/** The weights of fusions that a library has learned from one of its labels. */
import { z } from 'zod';
import type { Weights } from '../benchmark/crossFit.ts';
import type { Library } from './library.ts';

type Settings = Pick<Library, 'reads' | 'writes'>;

const setting = 'fusion.weights';
/** By method. They hold for the encoder whose scores they were fitted on. */
const stored = z.record(
  z.string(),
  z.object({ encoder: z.string(), field: z.string(), weights: z.record(z.string(), z.number()) }),
);

/** Undefined where none were fitted for this method and encoder. */
export function fusionWeights({ reads }: Settings, method: string, encoder: string): Weights | undefined {
  const kept = all(reads);
  const own = Object.hasOwn(kept, method) ? kept[method] : undefined;
  return own?.encoder === encoder ? new Map(Object.entries(own.weights)) : undefined;
}

export function setFusionWeights(
  { reads, writes }: Settings,
  method: string,
  fitted: { readonly encoder: string; readonly field: string; readonly weights: Weights },
): void {
  const own = { ...fitted, weights: Object.fromEntries(fitted.weights) };
  writes.setSetting(setting, JSON.stringify({ ...all(reads), [method]: own }));
}

/** What another version has kept in another form gives no weights. */
function all(reads: Settings['reads']): z.output<typeof stored> {
  return stored.safeParse(JSON.parse(reads.setting(setting) ?? '{}')).data ?? {};
}
