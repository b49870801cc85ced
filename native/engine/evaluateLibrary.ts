/** The evaluation of the library's own methods against one of its labels. */
import type { z } from 'zod';
import { parseClasses } from '../benchmark/classes.ts';
import { type Case, evaluate } from '../benchmark/evaluate.ts';
import { storeRanking } from '../benchmark/ranking.ts';
import type { Evaluation, evaluateParams } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { trainedOnTest } from '../encoder/training.ts';
import { conditionsTest, fieldNames, fieldValue } from '../retrieval/gallery.ts';
import { type Method, methodNamed, methods } from '../retrieval/methods.ts';
import { partNamed } from '../retrieval/part.ts';
import type { Engine } from './engine.ts';

/** Throws `usage` for an unknown field, method or class, and when nothing can be scored. */
export async function evaluateLibrary(
  engine: Engine,
  params: z.output<typeof evaluateParams>,
  signal: AbortSignal,
  onProgress: (progress: { done: number; total: number }) => void,
): Promise<Evaluation> {
  const { library, encoders } = engine;
  const embedder = encoders.named(params.encoder);
  if (embedder.manifest.kind === 'text') {
    throw new PrecedentError(
      'usage',
      `${embedder.key.encoder} embeds texts`,
      undefined,
      'name an image encoder',
    );
  }
  // A part of the library would give figures of that part.
  await engine.embedded();
  if (library.embeddings.count(embedder.key) === 0) {
    const todo = `run \`encoders embed --library … --encoder ${embedder.key.encoder}\``;
    throw new PrecedentError('usage', `nothing is embedded by ${embedder.key.encoder}`, undefined, todo);
  }
  const store = await library.vectors({ ...embedder.key, dim: embedder.dim });
  const rows = [...library.gallery().values()].filter((row) => store.rowOf(row.lesion) !== undefined);
  const { field } = params;
  if (!rows.some((row) => fieldValue(row, field) !== undefined)) {
    const known = fieldNames(rows).join(', ') || 'none';
    throw new PrecedentError(
      'usage',
      `no lesion has a field "${field}"`,
      undefined,
      `fields of this library: ${known}`,
    );
  }
  const isQuery = conditionsTest(rows, params.queries ? [params.queries] : []);
  const inGallery = conditionsTest(rows, params.gallery ? [params.gallery] : []);
  const cases = rows.map(
    (row): Case => ({
      patient: row.patient,
      value: fieldValue(row, field),
      query: isQuery(row),
      gallery: inGallery(row),
    }),
  );
  const { parts } = embedder.manifest.output;
  const able = methods.filter(({ part }) => part === undefined || parts.some(({ name }) => name === part));
  const chosen = params.methods.length > 0 ? params.methods.map(methodNamed) : able;
  const lesions = rows.map(({ lesion }) => lesion);
  const ranking = ({ part }: Method) =>
    storeRanking(
      store,
      lesions,
      part === undefined ? undefined : partNamed(part, embedder.key.encoder, parts),
    );
  const result = await evaluate({
    field,
    cases,
    classes: params.classes === undefined ? undefined : parseClasses(params.classes),
    methods: Object.fromEntries(chosen.map((method) => [method.name, ranking(method)])),
    signal,
    onProgress: (done, total) => onProgress({ done, total }),
  });
  const seen = await trainedOnTest(embedder.manifest, embedder.folder);
  const trainedOn = cases.some(({ patient, value }) => value !== undefined && seen(patient));
  return { ...result, encoder: embedder.key.encoder, trainedOn };
}
