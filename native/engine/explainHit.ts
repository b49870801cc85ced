/** Why a lesion is among the hits of a query: the slices that match, and what both measure. */
import type { EngineContract } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Explanation } from '../contract/explain.ts';
import { levels } from '../contract/levels.ts';
import type { ParsedParams } from '../contract/rpc.ts';
import { crossedSlices } from '../encoder/voxelSource.ts';
import { compareMeasures } from '../retrieval/compareMeasures.ts';
import { matchedByPlace, matchedByVectors } from '../retrieval/matchedSlices.ts';
import { defaultMethod, type Method, methodNamed } from '../retrieval/methods.ts';
import { needName } from '../retrieval/scope.ts';
import type { Engine } from './engine.ts';
import { featuresShown, lesionFacts, measuresOf, regionFacts, sampleFacts } from './lesionFacts.ts';
import { planMethod } from './methodSources.ts';
import { type Placed, placed } from './placed.ts';
import { queryProbe } from './queryProbe.ts';

/** Throws `not-found` and `usage` for what cannot be compared, and `cancelled`. */
export async function explainHit(
  engine: Engine,
  params: ParsedParams<EngineContract, 'search.explain'>,
  signal: AbortSignal,
): Promise<Explanation> {
  const query = placed(engine, params.query);
  const hit = placed(engine, { lesion: params.hit });
  const { row } = hit;
  if (!row) throw new PrecedentError('not-found', 'there is no such lesion', params.hit, 'search again');
  const slices = await matchedSlices(engine, params, { query, hit }, signal);
  const { manifest } = engine.encoders.named(params.encoder);
  const names = featuresShown(manifest);
  const sample = await sampleFacts(engine, names, signal);
  const facts = query.row
    ? await lesionFacts(engine, query.row, names)
    : await regionFacts(engine, query.volume, query.region, names);
  const measures = compareMeasures(
    measuresOf(manifest),
    facts,
    await lesionFacts(engine, row, names),
    sample,
  );
  return { slices, measures, sample: sample.length };
}

/** The method whose slices are compared: the one that found the hit where it has slices, else one of lesions' slices. */
function sliceMethod(name: string | undefined): Method {
  const method = methodNamed(name ?? defaultMethod);
  if ((method.how === 'slices' && !method.need.byText) || method.how === 'late') return method;
  return methodNamed('lesion-slice-max');
}

async function matchedSlices(
  engine: Engine,
  { query: asked, hit, method: name, encoder }: ParsedParams<EngineContract, 'search.explain'>,
  sides: { readonly query: Placed; readonly hit: Placed },
  signal: AbortSignal,
): Promise<Explanation['slices']> {
  const method = sliceMethod(name);
  const own = crossedSlices(sides.query.region);
  if (method.how === 'slices' || method.how === 'late') {
    const { need } = method;
    // The encoder that found the hit sees slices where its method does; else any that does is asked.
    const options = method.name === name ? { encoder } : {};
    const plan = await planMethod(engine, method, options).catch(unlessUsage);
    const source = plan?.needs.get(needName(need));
    if (plan && source && (need.level === 'slice' || need.level === 'lesion-slice')) {
      const owner = levels[need.level].of === 'lesion' ? hit : sides.hit.volume;
      const others = source.index.slicedVectorsOf(owner);
      const timing = { readMs: 0, prepareMs: 0, inferMs: 0 };
      const { probe } = await queryProbe(engine, asked, plan, signal, timing);
      const vectors = probe.vectors.get(needName(need)) ?? [];
      if (vectors.length === own.length && others.length > 0) {
        const mine = vectors.map((vector, at) => ({ slice: own[at], vector }));
        return { by: need.level, pairs: matchedByVectors(mine, others) };
      }
    }
  }
  const { reads } = engine.library;
  const normals = [sides.query, sides.hit].map(({ volume }) => reads.volume(volume).direction.slice(6));
  const turned = normals[0].reduce((sum, value, axis) => sum + value * normals[1][axis], 0) < 0;
  return { by: 'place', pairs: matchedByPlace(own, crossedSlices(sides.hit.region), turned) };
}

/** A method that cannot run here is no fault: its slices are paired otherwise. */
function unlessUsage(thrown: unknown): undefined {
  const error = PrecedentError.from(thrown);
  if (error.kind !== 'usage') throw error;
  return undefined;
}
