/** The tables of a 3D-MIR report, one fact a row, for a spreadsheet or a script. */
import { csv } from '../csv.ts';
import type { MirDocument } from './document.ts';
import { arithmetics, mirTargets } from './evaluate.ts';
import { mirMetricNames } from './metrics.ts';

/** File name → CSV. */
export function mirCsv(document: MirDocument): Record<string, string> {
  const { methods, comparisons, rankings, rules } = document;
  return {
    'figures.csv': csv(
      [
        'index',
        'method',
        'kind',
        'leaked',
        'label',
        'arithmetic',
        'metric',
        'queries of',
        'value',
        'lo',
        'hi',
      ],
      methods.flatMap(({ index, name, kind, leaked, figures }) =>
        mirTargets.flatMap((target) =>
          arithmetics.flatMap((arithmetic) =>
            mirMetricNames.flatMap(
              (metric) =>
              Object.entries(figures[target]?.[arithmetic][metric] ?? {}).map(([of, { value, lo, hi }]) => [
                index, name, kind, leaked, target, arithmetic, metric, of, value, lo, hi,
              ]), // biome-ignore format: one line a row of the table
            ),
          ),
        ),
      ),
    ),
    'comparisons.csv': csv(
      ['index', 'a', 'b', 'label', 'metric', 'a minus b', 'lo', 'hi', 'p'],
      comparisons.map(({ index, a, b, target, metric, difference, p }) => [
        index, a, b, target, metric, difference.value, difference.lo, difference.hi, p,
      ]), // biome-ignore format: one line a row of the table
    ),
    'strata.csv': csv(
      ['index', 'method', 'metric', 'stratum', 'value', 'lo', 'hi'],
      methods.flatMap(({ index, name, strata }) =>
        mirMetricNames.flatMap(
          (metric) =>
          Object.entries(strata[metric] ?? {}).map(([stratum, { value, lo, hi }]) => [
            index, name, metric, stratum, value, lo, hi,
          ]), // biome-ignore format: one line a row of the table
        ),
      ),
    ),
    'speed.csv': csv(
      ['index', 'method', 'ms per query'],
      methods.flatMap(({ index, name, msPerQuery }) =>
        msPerQuery === undefined ? [] : [[index, name, msPerQuery]],
      ),
    ),
    'rankings.csv': csv(
      ['index', 'method', 'query', 'rank', 'found'],
      rankings.flatMap(({ index, method, query, found }) =>
        found.map((id, at) => [index, method, query, at + 1, id]),
      ),
    ),
    'rules.csv': csv(
      ['organ', 'cases', 'with a tumour', 'rule does not decide', 'exceptions'],
      rules.map(({ organ, cases, withTumour, undecided, exceptions }) => [
        organ, cases, withTumour, undecided, exceptions.map(({ name }) => name).join(' '),
      ]), // biome-ignore format: one line a row of the table
    ),
  };
}
