/** The table of methods: how hits are found and ranked. A new method is a new row. */
import { PrecedentError } from '../contract/errors.ts';
import type { Level } from '../contract/levels.ts';

export interface Method {
  readonly name: string;
  /** The level whose vectors are searched. */
  readonly level: Level;
  /** The part of the embedding that is compared (see the encoder's manifest); all of it where none is named. */
  readonly part?: string;
  /** One sentence for the user. */
  readonly title: string;
}

export const defaultMethod = 'lesion';

export const methods: readonly Method[] = [
  { name: defaultMethod, level: 'lesion', title: 'Compares the lesions as 3D crops, each by one embedding' },
  {
    name: 'lesion-learned',
    level: 'lesion',
    part: 'learned',
    title: 'Compares what the network sees, without the measurements',
  },
  {
    name: 'lesion-measured',
    level: 'lesion',
    part: 'measured',
    title: 'Compares the IBSI measurements alone',
  },
];

/** @throws PrecedentError `usage` for an unknown name. */
export function methodNamed(name: string): Method {
  const method = methods.find((candidate) => candidate.name === name);
  if (method) return method;
  const known = methods.map((candidate) => candidate.name).join(', ');
  throw new PrecedentError('usage', `there is no method "${name}"`, undefined, `choose one of: ${known}`);
}
