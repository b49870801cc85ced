/** What a simulated user's marks change in this library. */
import { classOf, parseClasses } from '../benchmark/classes.ts';
import { type SimulatedQuery, simulate } from '../benchmark/feedback.ts';
import type { EngineContract } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Simulation } from '../contract/feedback.ts';
import type { ParsedParams } from '../contract/rpc.ts';
import { trainedOnTest } from '../encoder/training.ts';
import { Turns } from '../process/turns.ts';
import { fieldValue } from '../retrieval/gallery.ts';
import { defaultMethod, learnable, methodNamed, needsOf } from '../retrieval/methods.ts';
import { rank } from '../retrieval/rank/rank.ts';
import { Scope } from '../retrieval/scope.ts';
import type { Engine } from './engine.ts';
import { fusionWeights } from './fusionWeights.ts';
import { planMethod, sourcesOf } from './methodSources.ts';
import { markedRows, movedProbe } from './movedProbe.ts';
import { lesionProbe } from './queryProbe.ts';

/**
 * Every lesion with a class asks, and finds the lesions with a class of other patients.
 * @throws PrecedentError `usage` for a method that marks do not move or that cannot run here, and for too few lesions
 */
export async function simulateFeedback(
  engine: Engine,
  params: ParsedParams<EngineContract, 'feedback.simulate'>,
  signal: AbortSignal,
  onProgress: (progress: { done: number; total: number }) => void,
): Promise<Simulation> {
  const { library, encoders } = engine;
  const { field, encoder, marks, draws } = params;
  const method = methodNamed(params.method ?? defaultMethod);
  if (!needsOf(method).some(learnable)) {
    const todo = `choose one that compares one vector with one, such as ${defaultMethod}`;
    throw new PrecedentError('usage', `marks do not move the method ${method.name}`, undefined, todo);
  }
  await engine.embedded(signal);
  const plan = await planMethod(engine, method, { encoder, own: true });
  const sources = sourcesOf(engine, plan.needs);
  const gallery = library.gallery();
  const classes = params.classes === undefined ? undefined : parseClasses(params.classes);
  const indexes = [...plan.needs.values()].map(({ index }) => index);
  const labelled = [...gallery.values()].flatMap((row) => {
    const own = classOf(fieldValue(row, field), classes);
    const found = indexes.some((index) => index.has(row.lesion) || index.has(row.volume));
    return own !== null && found ? [{ row, own }] : [];
  });
  const classOfLesion = new Map(labelled.map(({ row, own }) => [row.lesion, own]));
  const embedder = encoders.named(encoder);
  const weights = fusionWeights(library, method.name, embedder.key.encoder);
  const perPatient = Map.groupBy(labelled, ({ row }) => row.patient);
  const turns = new Turns(signal);
  const queries: SimulatedQuery[] = [];
  for (const { row, own } of labelled) {
    const probe = { ...(await lesionProbe(engine, row, plan, signal, null)), weights };
    await turns.pass();
    queries.push({
      patient: row.patient,
      class: own,
      gallery: labelled.length - (perPatient.get(row.patient)?.length ?? 0),
      classOf: (lesion) => classOfLesion.get(lesion) ?? null,
      search: () => {
        const rows = labelled.flatMap((other) => (other.row.patient === row.patient ? [] : [other.row]));
        const scope = new Scope(sources, rows);
        return (marks, k) => {
          const moved = movedProbe({ probe, plan, notes: [] }, markedRows(gallery, marks));
          return rank(method, scope, moved.probe, k)
            .slice(0, k)
            .map(({ id }) => id);
        };
      },
    });
  }
  const result = await simulate(queries, { marks, draws }, signal, (done, total) =>
    onProgress({ done, total }),
  );
  const seen = await trainedOnTest(embedder.manifest, embedder.folder);
  const trainedOn = labelled.some(({ row }) => seen(row.patient));
  return { field, method: method.name, encoder: embedder.key.encoder, marks, draws, trainedOn, ...result };
}
