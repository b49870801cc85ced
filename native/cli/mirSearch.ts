/** The part of `bench 3dmir` that needs an engine: imports the images, embeds them, and has them searched by every method. */
import { captionMethods } from '../benchmark/mir/captionMethods.ts';
import type { MirTable } from '../benchmark/mir/data.ts';
import type { MirIndexName, MirRun } from '../benchmark/mir/evaluate.ts';
import {
  ensembleRuns,
  type ImagedCase,
  imagedTables,
  isOwnCase,
  partOfOrgan,
} from '../benchmark/mir/images.ts';
import type { MirLabels } from '../benchmark/mir/labels.ts';
import { mirQueryId, mirTextRuns } from '../benchmark/mir/text.ts';
import type { EncoderRow, VolumeRankings } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { type Level, levels } from '../contract/levels.ts';
import type { StudyRow } from '../contract/model.ts';
import { allRows, interrupted } from './commands.ts';
import type { Host } from './host.ts';
import { progressPrinter } from './output.ts';

interface MirImages {
  readonly cases: ReadonlyMap<string, ImagedCase>;
  readonly runs: readonly MirRun[];
  /** The encoders that were asked, by name and version. */
  readonly encoder: string;
}

/**
 * Takes the images into the host's library, if they are not there, and searches them with the encoders that are named, or by
 * default with the library's default one and one of slices. Throws `usage` for an encoder that cannot embed images, or when no
 * organ has both a test and a training case.
 */
export async function searchMirImages(
  host: Host,
  inputs: readonly string[],
  named: readonly string[],
  published: readonly MirTable[],
): Promise<MirImages> {
  const encoders = await chosenEncoders(host, named);
  await importImages(host, inputs);
  for (const { id, kind } of encoders) await embed(host, id, imageLevels(kind));
  const cases = await imagedCases(host);
  const tables = imagedTables(published, cases);
  if (tables.length === 0) {
    const todo = 'name folders of the Medical Segmentation Decathlon with --input';
    throw new PrecedentError('usage', 'no organ has both a test and a training case here', undefined, todo);
  }
  const captions = mirTextRuns(
    tables,
    'case',
    captionMethods.filter(({ name }) => name === 'bm25'),
  );
  const runs: MirRun[] = [];
  for (const { id } of encoders) {
    const prefix = encoders.length > 1 ? `${id}/` : '';
    const own = await encoderRuns(host, { id, prefix }, tables, cases);
    const slices = own.filter(({ name }) => name === `${prefix}slice-freq`);
    const known = captions.filter(({ leaked }) => !leaked);
    runs.push(...own, ...slices.flatMap((run) => ensembleRuns(run, known, prefix)));
  }
  const encoder = encoders.map(({ id, version }) => `${id} ${version}`).join(', ');
  return { cases, runs: [...runs, ...captions], encoder };
}

async function chosenEncoders({ engine }: Host, named: readonly string[]): Promise<EncoderRow[]> {
  const { encoders } = await engine.call('encoders.list', {});
  // Encoders of texts and of masks alone are no help here.
  const able = encoders.filter(({ forLesions, kind }) => forLesions || kind === 'slice');
  if (named.length === 0) return standardEncoders(able);
  return named.map((id) => {
    const found = able.find((encoder) => encoder.id === id);
    if (found) return found;
    const todo = `choose from ${able.map((encoder) => encoder.id).join(', ')}, or add one to a library (docs/encoders.md)`;
    throw new PrecedentError('usage', `there is no encoder of images "${id}"`, '--encoder', todo);
  });
}

/** The default one and, where that is not of slices, one that is: most methods go by slices. */
function standardEncoders(able: readonly EncoderRow[]): EncoderRow[] {
  const standard = able.filter(({ isDefault }) => isDefault);
  if (standard.some(({ kind }) => kind === 'slice')) return standard;
  return [...standard, ...able.filter(({ kind }) => kind === 'slice').slice(0, 1)];
}

/** Every level whose vectors a method searches. */
function imageLevels(kind: EncoderRow['kind']): Level[] {
  return (['slice', 'volume', 'lesion'] as const).filter(
    // What 3D-MIR pools is made from the slices as the methods need it.
    (level) => levels[level].kinds.includes(kind) && !(level === 'volume' && kind === 'slice'),
  );
}

async function importImages(host: Host, inputs: readonly string[]): Promise<void> {
  if (inputs.length === 0) return;
  const sources = inputs.map((path) => host.grant(path, 'read'));
  // One lesion for each tumour: a case is as near as its nearest tumour.
  const report = await host.engine.call(
    'import.run',
    { sources, lesionPer: 'component' },
    { signal: interrupted.signal, onProgress: progressPrinter() },
  );
  for (const { path, reason } of report.skipped) process.stderr.write(`skipped ${path}: ${reason}\n`);
}

async function embed({ engine }: Host, encoder: string, wanted: readonly Level[]): Promise<void> {
  const { failed } = await engine.call(
    'encoders.embedLibrary',
    { encoder, levels: [...wanted] },
    { signal: interrupted.signal, onProgress: progressPrinter() },
  );
  for (const { volume, reason } of failed) process.stderr.write(`not embedded: ${volume}: ${reason}\n`);
}

/** Every volume of the library by its case; a case with several volumes counts by its first. */
async function imagedCases({ engine }: Host): Promise<Map<string, ImagedCase>> {
  const volumes = await allRows((page) => engine.call('volumes.list', page));
  const studies = await allRows((page) => engine.call('studies.list', page));
  const lesions = await allRows((page) => engine.call('lesions.list', page));
  const labelsOf = new Map(studies.map(({ studyInstanceUid, labels }) => [studyInstanceUid, labels]));
  const lesionsOf = Map.groupBy(lesions, ({ volume }) => volume);
  const cases = new Map<string, ImagedCase>();
  for (const { id, patient, study } of volumes) {
    if (cases.has(patient)) continue;
    const labels = maskLabels(labelsOf.get(study) ?? {});
    cases.set(patient, { name: patient, volume: id, labels, ofOrgan: partOfOrgan(lesionsOf.get(id) ?? []) });
  }
  return cases;
}

/** What an import of a data set with masks labels a study with. */
function maskLabels(labels: StudyRow['labels']): MirLabels | undefined {
  const { number_tumors, max_tumor_size, cancer_flag, lesion_group } = labels;
  if (number_tumors === undefined) return undefined;
  return {
    numberTumors: Number(number_tumors),
    maxTumorSizeCm: Number(max_tumor_size),
    cancerFlag: cancer_flag === '1' ? 1 : 0,
    lesionGroup: Number(lesion_group),
  };
}

/** Every method of an encoder, in an index for each organ and in a mixed one. */
async function encoderRuns(
  { engine }: Host,
  { id: encoder, prefix }: { readonly id: string; readonly prefix: string },
  tables: readonly MirTable[],
  cases: ReadonlyMap<string, ImagedCase>,
): Promise<MirRun[]> {
  const caseOf = new Map(Array.from(cases.values(), ({ name, volume }) => [volume, name]));
  const volumesOf = (all: MirTable['cases']) =>
    [...new Set(all.map(({ name }) => name))].flatMap((name) => cases.get(name)?.volume ?? []);
  const part = (some: readonly MirTable[], split: 'train' | 'test') =>
    volumesOf(some.flatMap((table) => table.split[split]));
  const searched = async (some: readonly MirTable[]) => ({
    tables: some,
    rankings: await engine.call(
      'bench.rank',
      { encoder, gallery: part(some, 'train'), queries: part(some, 'test') },
      { signal: interrupted.signal, onProgress: progressPrinter() },
    ),
  });
  const byOrgan = [];
  for (const table of tables) byOrgan.push(await searched([table]));
  const all = { organ: byOrgan, mixed: [await searched(tables)] };
  return (['organ', 'mixed'] as const).flatMap((index) => joined(index, prefix, all[index], caseOf));
}

/** The rankings of one index, or of one for each organ, as a run for each method. */
function joined(
  index: MirIndexName,
  prefix: string,
  searched: readonly { readonly tables: readonly MirTable[]; readonly rankings: readonly VolumeRankings[] }[],
  caseOf: ReadonlyMap<string, string>,
): MirRun[] {
  const named = (volumes: readonly string[]) => volumes.flatMap((volume) => caseOf.get(volume) ?? []);
  const methods = new Map(
    searched.flatMap(({ rankings }) => rankings.map(({ method, level }) => [method, level])),
  );
  return Array.from(methods, ([method, level]): MirRun => {
    const found = new Map<string, readonly string[]>();
    let [tookMs, asked] = [0, 0];
    for (const { tables, rankings } of searched) {
      const own = rankings.find((ranking) => ranking.method === method);
      if (!own) continue;
      tookMs += own.msPerQuery * own.found.length;
      asked += own.found.length;
      const lists = new Map(own.found.map(({ query, volumes }) => [named([query])[0], named(volumes)]));
      for (const { organ, split } of tables) {
        for (const { name } of split.test) {
          const list = lists.get(name);
          // A lesion counts in the organ whose data set drew it.
          if (!list || (level === 'lesion' && !isOwnCase(organ, name))) continue;
          const ofOrgan = level === 'lesion' && index === 'organ';
          found.set(mirQueryId(organ, name), ofOrgan ? list.filter((hit) => isOwnCase(organ, hit)) : list);
        }
      }
    }
    return {
      name: `${prefix}${method}`,
      title: methodTitles[method] ?? method,
      kind: 'search',
      index,
      found,
      // The mask tells whether there is a lesion.
      targets: level === 'lesion' ? ['group'] : ['flag', 'group'],
      msPerQuery: tookMs / Math.max(1, asked),
    };
  });
}

const methodTitles: Readonly<Record<string, string>> = {
  'slice-freq': '20 hits a slice, volumes by how often',
  'slice-max': '20 hits a slice, volumes by the highest score',
  'slice-sum': '20 hits a slice, volumes by the sum of scores',
  'volume-median': 'median of the slices',
  'volume-max': 'maximum of the slices',
  'volume-avg': 'mean of the slices',
  'volume-std': 'standard deviation of the slices',
  volume: 'the whole volume',
  lesion: 'the nearest lesion',
};
