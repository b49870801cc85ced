/** Writes measurements of a volume and one of its lesions as a DICOM structured report (TID 1500) where the user chose. */
import { createHash } from 'node:crypto';
import type { EngineContract } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { ParsedParams } from '../contract/rpc.ts';
import { derivedUid } from '../dicom/seriesMeta.ts';
import { reportFile } from '../dicom/sr/document.ts';
import { measurementReport, type ReportedLesion } from '../dicom/sr/measurementReport.ts';
import { writeFileAtomic } from '../files/files.ts';
import { maskContours } from '../lesion/contours.ts';
import { unpackMask } from '../lesion/mask.ts';
import { type DocumentIdentity, documentIdentity } from '../takeaway/documentIdentity.ts';
import type { Engine } from './engine.ts';
import { referableImages } from './originalImages.ts';

/** Throws `usage` where nothing is to be written, `not-found`, `unsupported` for a volume that does not come from DICOM, `storage`. */
export async function saveStructuredReport(
  engine: Engine,
  params: ParsedParams<EngineContract, 'annotations.exportReport'>,
): Promise<{ bytes: number }> {
  const { library, grants } = engine;
  const target = grants.take(params.target, 'write');
  const volume = library.reads.volume(params.volume);
  const rows = params.rows.filter((row) => row.volume === volume.id);
  if (rows.length === 0 && params.lesion === undefined)
    throw new PrecedentError('usage', 'there is nothing to report', undefined, 'measure something first');
  const { study, ofSlices } = await referableImages(engine, volume.id);
  const identity = documentIdentity(library, volume, study, {
    identified: params.identified,
    now: new Date(),
  });
  const { head } = identity;
  const counts = new Map<string, number>();
  const root = measurementReport({
    grid: {
      dims: volume.dims,
      spacing: volume.spacingMm,
      origin: volume.originMm,
      direction: volume.direction,
    },
    images: ofSlices.map(
      (image) => image && { ...image, sopInstanceUid: identity.uid(image.sopInstanceUid) },
    ),
    seriesInstanceUid: head.study.seriesInstanceUid,
    frameOfReferenceUid: head.study.frameOfReferenceUid,
    observer: identity.observer(engine.library.session.user),
    measurements: rows.map((row) => {
      const count = (counts.get(row.kind) ?? 0) + 1;
      counts.set(row.kind, count);
      return { row, name: identity.say(row.label, `${row.kind} ${count}`), trackingUid: trackingUid(row.id) };
    }),
    lesion: params.lesion === undefined ? null : lesionOf(engine, volume.id, params.lesion, identity),
  });
  const bytes = reportFile(root, { ...head, seriesDescription: 'Measurements (research use)' });
  await writeFileAtomic(target, bytes);
  return { bytes: bytes.length };
}

function lesionOf(
  { library }: Engine,
  volume: string,
  lesion: string,
  identity: DocumentIdentity,
): ReportedLesion {
  const row = library.reads.lesion(lesion);
  if (row.volume !== volume)
    throw new PrecedentError('usage', 'the lesion lies in another volume', lesion, 'open its volume');
  const { box, packed } = library.reads.lesionMask(lesion);
  return {
    name: identity.say(row.name, 'lesion'),
    trackingUid: trackingUid(lesion),
    measurements: row,
    contours: maskContours(unpackMask(box, packed)),
  };
}

/** The same in every report of the same thing, so that readers follow it from one to the next. */
function trackingUid(id: string): string {
  return derivedUid(createHash('sha256').update(`tracking ${id}`).digest('hex'));
}
