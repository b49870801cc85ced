/** A search from the query as it was asked to the hits as they are shown. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { z } from 'zod';
import type { EmbeddingKey } from '../catalog/embeddings.ts';
import { patientIdentity } from '../catalog/writes.ts';
import type { Query, SearchResult, searchParams } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Hit } from '../contract/model.ts';
import type { FoundSeries, ReadOptions, ReadVolume } from '../contract/reader.ts';
import type { Embedder } from '../encoder/embedder.ts';
import type { EmbedRegion, EmbedTiming } from '../encoder/voxelSource.ts';
import { ensureFolder, removeFolder } from '../files/files.ts';
import { findSeries } from '../ingest/findSeries.ts';
import { importRules } from '../ingest/settings.ts';
import { reboxMask, tightenMask, unpackMask } from '../lesion/mask.ts';
import { methodNamed } from '../retrieval/methods.ts';
import { partNamed, partQuery } from '../retrieval/part.ts';
import { type RankedHit, searchGallery } from '../retrieval/search.ts';
import { type Box, clipBox, type Grid, type Volume } from '../volume/volume.ts';
import { openVoxelFile } from '../volume/voxelFile.ts';
import type { Serving } from './encoders.ts';
import type { Engine } from './engine.ts';

interface QueryVector {
  readonly vector: Float32Array;
  /** What it can be compared with. */
  readonly serving: Serving;
  readonly patient: string | undefined;
  readonly notes: readonly string[];
}

/** Throws `usage` or `not-found` for a query that cannot be, and what the readers and the encoder throw. */
export async function searchLibrary(
  engine: Engine,
  params: z.output<typeof searchParams>,
  signal: AbortSignal,
): Promise<SearchResult> {
  const started = performance.now();
  const { library, encoders } = engine;
  const method = methodNamed(params.method);
  const asked = encoders.named(params.encoder);
  const part = method.part && partNamed(method.part, asked.key.encoder, asked.manifest.output.parts);
  const timing: EmbedTiming = { readMs: 0, prepareMs: 0, inferMs: 0 };
  const query = await queryVector(engine, asked, params.query, signal, timing);
  const embedded = performance.now();
  const { key, note } = query.serving;
  const standIn = params.encoder === undefined ? encoders.standIn : undefined;
  const store = await library.vectors(key);
  const gallery = library.gallery();
  const loaded = performance.now();
  const compared = part ? partQuery(query.vector, part) : undefined;
  const outcome = searchGallery(store, gallery, {
    vector: compared?.vector ?? query.vector,
    patient: query.patient,
    top: params.top,
    where: params.where,
    includeSamePatient: params.includeSamePatient,
    hitsPerPatient: params.hitsPerPatient,
  });
  const searched = performance.now();
  const hits = outcome.hits.map((ranked) => {
    const score = compared?.score(ranked.score) ?? ranked.score;
    return toHit(engine, { ...ranked, score });
  });
  const ended = performance.now();
  return {
    method: method.name,
    encoder: key.encoder,
    tookMs: {
      read: timing.readMs,
      prepare: timing.prepareMs,
      infer: timing.inferMs,
      query: embedded - started,
      load: loaded - embedded,
      search: searched - loaded,
      describe: ended - searched,
      total: ended - started,
    },
    hits,
    searched: outcome.searched,
    distributions: [...outcome.distributions],
    unproven: outcome.unproven,
    notes: [
      ...query.notes,
      ...[standIn, note].filter((text) => text !== undefined),
      ...unembedded(engine, key),
    ],
  };
}

/** A result that leaves lesions out says so: the engine is still embedding them, or could not. */
function unembedded({ library }: Engine, key: EmbeddingKey): string[] {
  const missing = library.embeddings.missing(key).length;
  return missing === 0 ? [] : [`${missing} lesions are not embedded yet and could not be found`];
}

function toHit({ library }: Engine, { rank, score, row }: RankedHit): Hit {
  const lesion = library.reads.lesion(row.lesion);
  const { sliceThicknessMm, kernel, contrast, lossy, interpolated } = library.reads.volume(row.volume);
  const { patient, volume, name, labels, diagnosis, volumeMl, diameterMm, meanHu, centerMm, boxIjk } = lesion;
  return {
    rank, score, lesion: row.lesion, patient, volume, name, labels, diagnosis, volumeMl, diameterMm, meanHu, centerMm, boxIjk,
    sliceThicknessMm, kernel, contrast, lossy, interpolated,
  }; // biome-ignore format: one line a group of fields
}

async function queryVector(
  engine: Engine,
  asked: Embedder,
  query: Query,
  signal: AbortSignal,
  timing: EmbedTiming,
): Promise<QueryVector> {
  const { library, encoders } = engine;
  if ('text' in query) {
    throw new PrecedentError(
      'unsupported',
      'search by text is not there yet',
      undefined,
      'search by a lesion or a region',
    );
  }
  if (asked.manifest.kind === 'text') {
    throw new PrecedentError(
      'usage',
      `${asked.key.encoder} embeds texts`,
      undefined,
      'name an image encoder',
    );
  }
  const serving = encoders.serving(asked);
  if ('lesion' in query) return lesionVector(engine, asked, serving, query.lesion, signal, timing);
  const { embedder, serving: used } = able(asked, serving);
  if ('image' in query) return imageVector(engine, embedder, used, query, signal, timing);
  const volume = library.reads.volume(query.volume);
  const region = 'mask' in query ? { box: query.mask.box, mask: query.mask } : { box: query.roi };
  const [vector] = await engine.withVoxels(query.volume, (file) =>
    embedder.embed(file, [inside(region, file.grid)], signal, timing),
  );
  return { vector, serving: used, patient: volume.patient, notes: [] };
}

/** A new vector needs an encoder that is still here: where the older one is gone, what the new one has embedded is searched. */
function able(asked: Embedder, serving: Serving): { embedder: Embedder; serving: Serving } {
  if (serving.embedder) return { embedder: serving.embedder, serving };
  return { embedder: asked, serving: { key: { ...asked.key, dim: asked.dim }, embedder: asked } };
}

/** A lesion of the library: its stored embedding, or, where it has none yet, a new one. */
async function lesionVector(
  engine: Engine,
  asked: Embedder,
  serving: Serving,
  id: string,
  signal: AbortSignal,
  timing: EmbedTiming,
): Promise<QueryVector> {
  const { library } = engine;
  const lesion = library.reads.lesion(id);
  const stored = (await library.vectors(serving.key)).vectorOf(id);
  if (stored) return { vector: Float32Array.from(stored), serving, patient: lesion.patient, notes: [] };
  const { embedder, serving: used } = able(asked, serving);
  const { box, packed } = library.reads.lesionMask(id);
  const region = { box, mask: unpackMask(box, packed) };
  const [vector] = await engine.withVoxels(lesion.volume, (file) =>
    embedder.embed(file, [region], signal, timing),
  );
  return { vector, serving: used, patient: lesion.patient, notes: [] };
}

/** A region of an image that is not in the library: read into staging, embedded, removed. */
async function imageVector(
  engine: Engine,
  embedder: Embedder,
  serving: Serving,
  query: Extract<Query, { image: string }>,
  signal: AbortSignal,
  timing: EmbedTiming,
): Promise<QueryVector> {
  const image = engine.grants.take(query.image, 'read');
  const mask = query.mask === undefined ? undefined : engine.grants.take(query.mask, 'read');
  const regions = await embedFile(engine, embedder, { image, mask, roi: query.roi }, signal, timing);
  const [{ vector, patient }] = regions;
  const notes =
    regions.length > 1 ? [`the image holds ${regions.length} lesions; the first was searched for`] : [];
  return { vector, serving, patient, notes };
}

interface FileQuery {
  readonly image: string;
  readonly mask?: string | undefined;
  readonly roi?: EmbedRegion['box'] | undefined;
  /** The image is a mask, to be embedded as a shape of soft tissue in fat. */
  readonly shape?: boolean;
  /** Without mask and roi, the whole image is the region. */
  readonly whole?: boolean;
}

const shapeHu = { inside: 40, outside: -100 };

/** Embeds regions of an image file: the box, or each lesion of its mask or RT Structure Set. Throws `usage` where there is none. */
export async function embedFile(
  engine: Engine,
  embedder: Embedder,
  query: FileQuery,
  signal: AbortSignal,
  timing?: EmbedTiming,
): Promise<{ vector: Float32Array; patient: string }[]> {
  const { reader, library } = engine;
  const series = query.shape ? maskSeries(query.image) : await imageSeries(reader, query, signal);
  const staging = join(library.layout.staging, randomUUID());
  await ensureFolder(staging);
  const options: ReadOptions = { staging, lesionPer: 'roi', rules: importRules(library) };
  const asked = { signal, group: 'query', priority: Number.MAX_SAFE_INTEGER };
  try {
    const read = await reader.call('read', { series, options }, asked);
    const [volume] = read.volumes;
    if (!volume)
      throw new PrecedentError(
        'unreadable',
        read.skipped[0]?.reason ?? 'it holds no volume',
        'the image file',
      );
    const file = await openVoxelFile(volume.staged);
    try {
      const regions = askedRegions(query, volume, file.grid);
      if (regions.length === 0) {
        const [unread] = read.skipped;
        if (unread) throw new PrecedentError('unreadable', unread.reason, 'the mask');
        throw new PrecedentError(
          'usage',
          'no region was given',
          'the image',
          'name one with --roi or --mask',
        );
      }
      const source = query.shape
        ? { grid: file.grid, readBox: async (box: Box) => asShape(await file.readBox(box)) }
        : file;
      const vectors = await embedder.embed(source, regions, signal, timing);
      return vectors.map((vector) => ({ vector, patient: patientIdentity(volume.patient) }));
    } finally {
      await file.close();
    }
  } finally {
    await removeFolder(staging);
  }
}

function maskSeries(path: string): FoundSeries {
  const regions = [{ path, format: 'nifti' as const }];
  return { format: 'nifti', files: [path], regions, studyUid: '', seriesUid: '', patientId: '', bytes: 0 };
}

/** The one series at a path, with the mask that was named for it. */
async function imageSeries(
  reader: Engine['reader'],
  { image, mask }: FileQuery,
  signal: AbortSignal,
): Promise<FoundSeries> {
  const paths = mask === undefined ? [image] : [image, mask];
  const found = await findSeries(reader, paths, signal);
  const [series] = found.series;
  if (!series) {
    const reason = found.skipped[0]?.reason ?? 'there is no CT image';
    throw new PrecedentError('unreadable', reason, 'the image file', 'check the path');
  }
  if (mask !== undefined && series.format !== 'dicom') {
    const format = /\.nrrd$/i.test(mask) ? ('nrrd' as const) : ('nifti' as const);
    return { ...series, files: [image], regions: [{ path: mask, format }] };
  }
  if (found.series.length > 1) {
    const count = found.series.length;
    throw new PrecedentError(
      'usage',
      `there are ${count} series under that path`,
      'the image',
      'name one of them',
    );
  }
  return series;
}

function askedRegions({ roi, whole }: FileQuery, { lesions }: ReadVolume, grid: Grid): EmbedRegion[] {
  if (roi) return [inside({ box: roi }, grid)];
  const [ni, nj, nk] = grid.dims;
  if (whole) return [{ box: [0, 0, 0, ni - 1, nj - 1, nk - 1] }];
  return lesions.map(({ box, packed }) => ({ box, mask: unpackMask(box, packed) }));
}

/** A mask as HU: soft tissue in fat. */
export function asShape(mask: Volume): Volume {
  const voxels = Int16Array.from(mask.voxels, (value) => (value > 0 ? shapeHu.inside : shapeHu.outside));
  return { ...mask, voxels };
}

function inside(region: EmbedRegion, grid: Grid): EmbedRegion {
  const { box } = region;
  const ordered = box[0] <= box[3] && box[1] <= box[4] && box[2] <= box[5];
  const clipped = ordered ? clipBox(box, grid.dims) : null;
  if (!clipped) {
    const last = grid.dims.map((n) => n - 1).join(',');
    throw new PrecedentError(
      'usage',
      'the region lies outside the volume',
      `box ${box.join(',')}`,
      `the volume ends at ${last}`,
    );
  }
  if (!region.mask) return { box: clipped };
  const mask = tightenMask(reboxMask(region.mask, clipped));
  if (!mask) throw new PrecedentError('usage', 'the region is empty', undefined, 'draw it again');
  return { box: mask.box, mask };
}
