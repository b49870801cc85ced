/** What a library keeps about its encoders: the default one, which embeddings were complete last, and what else is kept embedded. */
import { z } from 'zod';
import type { Generation } from '../catalog/embeddings.ts';
import { type Level, level } from '../contract/levels.ts';
import type { Library } from './library.ts';

type Settings = Pick<Library, 'reads' | 'writes'>;

const names = { standard: 'encoder', complete: 'encoder.complete', levels: 'encoder.levels' } as const;
const generation = z.object({ encoder: z.string(), version: z.string(), preprocessing: z.string() });
const levelsByEncoder = z.record(z.string(), z.array(level));

/** The id of the encoder that was chosen; undefined for the built-in one. */
export function chosenEncoder({ reads }: Settings): string | undefined {
  return reads.setting(names.standard);
}
export function chooseEncoder({ writes }: Settings, id: string): void {
  writes.setSetting(names.standard, id);
}

/** The encoder, as it then was, that had last embedded every lesion when it was the default: it serves until the next has. */
export function completeGeneration({ reads }: Settings): Generation | undefined {
  const text = reads.setting(names.complete);
  return text === undefined ? undefined : generation.parse(JSON.parse(text));
}
export function setCompleteGeneration({ writes }: Settings, complete: Generation): void {
  const { encoder, version, preprocessing } = complete;
  writes.setSetting(names.complete, JSON.stringify({ encoder, version, preprocessing }));
}

/** The levels that were asked for of each encoder, by its id. */
export function keptLevels({ reads }: Settings): Readonly<Record<string, Level[]>> {
  return levelsByEncoder.parse(JSON.parse(reads.setting(names.levels) ?? '{}'));
}
export function setKeptLevels(library: Settings, id: string, kept: readonly Level[]): void {
  const { [id]: _, ...others } = keptLevels(library);
  const all = kept.length > 0 ? { ...others, [id]: kept } : others;
  library.writes.setSetting(names.levels, JSON.stringify(all));
}
