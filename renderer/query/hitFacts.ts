/** What a card says of a hit beside its lesion: how its study was made where the query's was made otherwise, and of whom it is. */
import type { Expectation, Hit, Reconstruction } from '../../native/contract/model.ts';
import { thickness } from '../ui/format.ts';

const said: readonly ((of: Reconstruction) => string | undefined)[] = [
  ({ sliceThicknessMm }) => (sliceThicknessMm ? thickness(sliceThicknessMm) : undefined),
  ({ kernel }) => kernel,
  // A phase says more than the name of the agent.
  ({ phase, contrast }) => phase ?? contrast,
];

/** Slice thickness, kernel and phase, as far as they are known. */
export function reconstructionWords(of: Reconstruction): string[] {
  return said.flatMap((say) => say(of) || []);
}

/** Those that are not the query's; where nothing is known of the query, as of words, all of them. */
export function differingWords(hit: Reconstruction, asked: Reconstruction | undefined): string[] {
  return said.flatMap((say) => {
    const own = say(hit);
    return own && own !== (asked && say(asked)) ? [own] : [];
  });
}

/** Sex and decade of age, as "F 60–69": enough to judge by, and less than the study says. */
export function personBand({ sex, age }: Pick<Hit, 'sex' | 'age'>): string {
  const decade = age === undefined || age < 0 ? undefined : 10 * Math.floor(age / 10);
  return [sex, decade === undefined ? '' : `${decade}–${decade + 9}`].filter(Boolean).join(' ');
}

/** Fewer hits than this say nothing. */
const fewest = 30;

/** What was seen of hits as near as this one, in numbers; null where that is not known or rests on too few. */
export function nearWords(expected: Expectation | undefined, rank: number): NearWords | null {
  const near = expected?.near.at(rank - 1);
  if (!expected || !near || near.of < fewest) return null;
  const { field } = expected;
  return {
    short: `${near.shared} of ${near.of} this near shared ${field}`,
    whole: `Of hits this near, ${near.shared} of ${near.of} in this library shared the ${field} class of the lesion that asked: counted when the library was evaluated, each labelled lesion asking for those of other patients. By chance ${Math.round(100 * expected.chance)}%.`,
  };
}
interface NearWords {
  readonly short: string;
  readonly whole: string;
}
