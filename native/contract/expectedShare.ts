/** What the hits of a search are worth, in words: the same in the window and on the command line. */
import type { Expectation } from './model.ts';

export function expectedShare({ field, precision, chance, pairs }: Expectation): string {
  const [here, random] = [precision, chance].map((share) => `${Math.round(100 * share)}%`);
  return `of hits this near, ${here} in this library shared the ${field} class (n = ${pairs}); by chance ${random}`;
}
