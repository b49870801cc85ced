/** Every method of 3D-MIR on given embeddings: what it finds for each test case, and how good that is by each label. */
import type { LabelledItem, MirEmbeddings, MirLabelName } from './embeddings.ts';
import { MirIndex, type MirMethod, mirMethodNames } from './methods.ts';
import { correctedFigures, type MirFigures, meanFigures, mirDepth, releasedFigures } from './metrics.ts';

export interface MirMethodResult {
  /** Test case → the first ten that were found. */
  readonly top10: Readonly<Record<string, readonly string[]>>;
  readonly metrics: Readonly<Record<MirLabelName, { released: MirFigures; corrected: MirFigures }>>;
}

/** Methods that need captions are left out where there are none. A hit is relevant when its label is the query's. */
export function mirRetrieval({ kSlices, train, test }: MirEmbeddings): Map<MirMethod, MirMethodResult> {
  const index = new MirIndex(train, kSlices);
  const searched = test.map((query) => ({ query, found: index.rankings(query) }));
  const results = new Map<MirMethod, MirMethodResult>();
  for (const method of mirMethodNames) {
    const lists = searched.flatMap(({ query, found }) => {
      const names = found.get(method);
      return names ? [{ query, names }] : [];
    });
    if (lists.length < test.length) continue;
    results.set(method, {
      top10: Object.fromEntries(lists.map(({ query, names }) => [query.name, names.slice(0, mirDepth)])),
      metrics: metrics(lists, train),
    });
  }
  return results;
}

function metrics(
  lists: readonly { query: LabelledItem; names: readonly string[] }[],
  train: readonly LabelledItem[],
): MirMethodResult['metrics'] {
  const labelsOf = new Map(train.map(({ name, labels }) => [name, labels]));
  const by = (label: MirLabelName) => {
    const queries = lists.map(({ query, names }) => ({
      relevance: names.map((name) => labelsOf.get(name)?.[label] === query.labels[label]),
      relevant: train.filter(
        ({ name, labels }) => name !== query.name && labels[label] === query.labels[label],
      ).length,
    }));
    return {
      released: meanFigures(queries.map(({ relevance }) => releasedFigures(relevance))),
      corrected: meanFigures(queries.map(({ relevance, relevant }) => correctedFigures(relevance, relevant))),
    };
  };
  return { flag: by('flag'), group: by('group') };
}
