/** `explain`: why a lesion is among the hits of another. */
import type { ComparedMeasure, Explanation, SimilarityGrid, SimilarityMap } from '../contract/explain.ts';
import { type Common, interrupted, libraryCommand, withLibrary } from './commands.ts';
import { table } from './output.ts';

interface Options extends Common {
  readonly lesion: string;
  readonly hit: string;
  readonly method?: string;
  readonly encoder?: string;
  readonly map?: boolean;
}

export const explainCommand = libraryCommand('explain', 'say why a lesion is similar to another')
  .requiredOption('--lesion <id>', 'the lesion that was searched for')
  .requiredOption('--hit <id>', 'the lesion that was found')
  .option('--method <name>', 'the method that found it')
  .option('--encoder <id>', 'the encoder; the default one where none is named')
  .option('--map', 'also where in both lesions the likeness lies: hides parts of them, takes seconds')
  .action((options: Options) =>
    withLibrary(
      options,
      false,
      async ({ engine }) => {
        const { lesion, hit, method, encoder } = options;
        const pair = { query: { lesion }, hit, encoder };
        const { signal } = interrupted;
        const explanation = await engine.call('search.explain', { ...pair, method }, { signal });
        if (!options.map) return explanation;
        return { ...explanation, map: await engine.call('search.similarityMap', pair, { signal }) };
      },
      text,
    ),
  );

function text({ slices, measures, sample, map }: Explanation & { readonly map?: SimilarityMap }): string {
  const pairs = slices.pairs.map(({ query, hit, score }) => ({ 'slice k': query, "hit's k": hit, score }));
  const rows = measures.map((measure) => ({
    measure: measure.title,
    query: shown(measure.query, measure.unit),
    hit: shown(measure.hit, measure.unit),
    'differs more than': measure.percentile === undefined ? '' : `${Math.round(100 * measure.percentile)}%`,
    '': measure.large ? 'large' : '',
  }));
  return [
    `slices paired by ${slices.by === 'place' ? 'their place in the lesion' : `their vectors of level ${slices.by}`}`,
    table(pairs),
    '',
    `measurements; how many of the pairs among ${sample} lesions differ less`,
    table(rows),
    ...(map
      ? [
          '',
          `cosine ${map.cosine.toFixed(3)}; × 1000, what is lost without each part of the query`,
          grid(map.query),
        ]
      : []),
    ...(map ? ['of the hit', grid(map.hit)] : []),
  ].join('\n');
}

function shown(value: ComparedMeasure['query'], unit: string): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  return `${Number(value.toPrecision(4))} ${unit}`.trim();
}

function grid({ columns, rows, values }: SimilarityGrid): string {
  return Array.from({ length: rows }, (_, row) =>
    values
      .slice(row * columns, (row + 1) * columns)
      .map((value) => String(Math.round(1000 * value)).padStart(5))
      .join(''),
  ).join('\n');
}
