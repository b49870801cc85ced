/** The evaluation of the library's own methods against one of its labels. */
import type { z } from 'zod';
import { predictUnseen, reliability } from '../benchmark/calibration.ts';
import { classOf, parseClasses } from '../benchmark/classes.ts';
import { type Case, evaluate } from '../benchmark/evaluate.ts';
import { type EvaluatedCase, methodRankings } from '../benchmark/methodRankings.ts';
import type { Evaluation, evaluateParams } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { trainedOnTest } from '../encoder/training.ts';
import { statedFields } from '../lesion/caption.ts';
import { Turns } from '../process/turns.ts';
import { conditionsTest, fieldNames, fieldValue, type GalleryRow } from '../retrieval/gallery.ts';
import {
  comparedMethod,
  defaultMethod,
  type Method,
  methodNamed,
  methods,
  usesWords,
} from '../retrieval/methods.ts';
import type { Engine } from './engine.ts';
import { setFusionWeights } from './fusionWeights.ts';
import { keepCalibration } from './keptCalibrations.ts';
import { type NeedPlan, type Plan, planMethod, refusal, sourcesOf } from './methodSources.ts';
import { refuseWithoutLesions } from './noLesions.ts';
import { lesionProbe } from './queryProbe.ts';

/** Throws `usage` for an unknown field, method or class, and when nothing can be scored. */
export async function evaluateLibrary(
  engine: Engine,
  params: z.output<typeof evaluateParams>,
  signal: AbortSignal,
  onProgress: (progress: { done: number; total: number }) => void,
): Promise<Evaluation> {
  const { library, encoders } = engine;
  refuseWithoutLesions(library);
  const embedder = encoders.named(params.encoder);
  // A part of the library would give figures of that part.
  await engine.embedded(signal);
  const chosen = await chosenMethods(engine, params);
  const needs = new Map<string, NeedPlan>();
  for (const { plan } of chosen) for (const [name, need] of plan.needs) needs.set(name, need);
  const rows = [...library.gallery().values()].filter((row) => findable(row, needs, chosen));
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
  const classes = params.classes === undefined ? undefined : parseClasses(params.classes);
  const words = chosen.some(({ plan }) => plan.words);
  const turns = new Turns(signal);
  const evaluated: EvaluatedCase[] = [];
  for (const [at, row] of rows.entries()) {
    const probe = await lesionProbe(engine, row, { needs, words, notes: [] }, signal, null);
    evaluated.push({ row, class: classOf(cases[at].value, classes), probe });
    await turns.pass();
  }
  const { rankings, answers, weights } = await methodRankings(
    chosen.map(({ method }) => method),
    sourcesOf(engine, needs),
    evaluated,
    signal,
  );
  const result = await evaluate({
    field,
    cases,
    classes,
    methods: rankings,
    compared: comparedMethod,
    signal,
    onProgress: (done, total) => onProgress({ done, total }),
  });
  const seen = await trainedOnTest(embedder.manifest, embedder.folder);
  const trainedOn = cases.some(({ patient, value }) => value !== undefined && seen(patient));
  const calibration: Evaluation['calibration'] = {};
  for (const { method, plan } of chosen) {
    const fitted = weights.get(method.name);
    if (fitted && params.keep) {
      setFusionWeights(library, method.name, { encoder: embedder.key.encoder, field, weights: fitted });
    }
    const list = answers.get(method.name) ?? [];
    const measured = reliability(predictUnseen(list));
    if (measured) calibration[method.name] = measured;
    if (measured && params.keep) {
      const chance = result.baselines.random['p@1'].value;
      keepCalibration(library, method.name, plan, list, {
        field,
        ranges: params.classes,
        chance,
        trainedOn,
      });
    }
  }
  const { classes: ranges, queries, gallery } = params;
  return {
    ...result,
    ...{ ranges, queries, gallery, calibration },
    encoder: embedder.key.encoder,
    trainedOn,
  };
}

interface Chosen {
  readonly method: Method;
  readonly plan: Plan;
}

/** The named methods, or all that can run here. Throws `usage` for a named one that cannot. */
async function chosenMethods(
  engine: Engine,
  { methods: names, encoder, field }: z.output<typeof evaluateParams>,
): Promise<Chosen[]> {
  const options = { encoder, own: true };
  const chosen: Chosen[] = [];
  // A lesion is asked for by its caption, which must not say what is evaluated.
  const told = statedFields.has(field);
  const able = methods.filter((method) => !(told && usesWords(method)));
  for (const method of names.length > 0 ? names.map(methodNamed) : able) {
    if (names.length === 0 && refusal(engine, method, options) !== null) continue;
    chosen.push({ method, plan: await planMethod(engine, method, options) });
  }
  // Words alone say nothing of an encoder.
  if (names.length === 0 && chosen.every(({ plan }) => plan.needs.size === 0))
    await planMethod(engine, methodNamed(defaultMethod), options);
  return chosen;
}

function findable(
  { lesion, volume }: GalleryRow,
  needs: ReadonlyMap<string, NeedPlan>,
  chosen: readonly Chosen[],
): boolean {
  const indexes = [...needs.values()].map(({ index }) => index);
  if (indexes.length === 0) return chosen.some(({ method }) => usesWords(method));
  return indexes.some((index) => index.has(lesion) || index.has(volume));
}
