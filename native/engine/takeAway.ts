/** Makes what is taken out of the open library: the comparison page, and the table of hits in the file that was chosen. */
import type { EngineContract } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { ParsedParams } from '../contract/rpc.ts';
import { writeFileAtomic } from '../files/files.ts';
import { measureIn } from '../lesion/measureIn.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { type ComparedLesion, comparisonPage, hitColor, queryColor } from '../takeaway/comparisonPage.ts';
import { Disclosure } from '../takeaway/disclosure.ts';
import { hitsTable } from '../takeaway/hitsTable.ts';
import { lesionPicture } from '../takeaway/lesionPicture.ts';
import type { Engine } from './engine.ts';
import { type Placed, placed } from './placed.ts';

/** Throws `not-found`, `storage`. */
export async function saveHits(
  { library, grants }: Engine,
  { target, ...params }: ParsedParams<EngineContract, 'takeaway.hits'>,
): Promise<{ bytes: number }> {
  const path = grants.take(target, 'write');
  // Spreadsheets take a file without this mark for one in the system's old character set.
  const bytes = Buffer.from(`\ufeff${hitsTable(library, params)}`);
  await writeFileAtomic(path, bytes);
  return { bytes: bytes.length };
}

/** The least side of the pictures, and how many diameters of the largest lesion they show at least. */
const leastFieldMm = 50;
const diametersShown = 3;

/** Throws `not-found`, `usage` for a region outside of its volume, `corrupt`, and `cancelled`. */
export async function comparison(
  engine: Engine,
  { query, hits, search, window, identified }: ParsedParams<EngineContract, 'takeaway.comparison'>,
  signal: AbortSignal,
): Promise<{ html: string }> {
  const disclosure = new Disclosure(engine.library, identified);
  const asked = [
    ...(query ? [{ at: placed(engine, query), hit: null }] : []),
    ...hits.map((hit) => ({ at: placed(engine, { lesion: hit.lesion }), hit })),
  ];
  const told = [];
  for (const { at, hit } of asked) told.push({ at, hit, ...(await saidOf(engine, disclosure, at)) });
  const widest = Math.max(...told.map(({ measurements }) => measurements.diameterMm));
  const fieldMm = Math.max(leastFieldMm, diametersShown * widest);
  const lesions: ComparedLesion[] = [];
  for (const { at, ...lesion } of told) {
    throwIfCancelled(signal);
    const color = lesion.hit === null ? queryColor : hitColor;
    const picture = await engine.withVoxels(at.volume, (file) =>
      lesionPicture(file, at.region, { window, fieldMm, color }),
    );
    lesions.push({ ...lesion, picture });
  }
  return { html: comparisonPage({ search, lesions, window, fieldMm, identified }) };
}

async function saidOf(
  engine: Engine,
  disclosure: Disclosure,
  { row, volume, region }: Placed,
): Promise<Pick<ComparedLesion, 'said' | 'measurements'>> {
  if (row) {
    const { measurements, ...said } = disclosure.lesion(row.lesion);
    return { said, measurements };
  }
  const { mask } = region;
  if (!mask) throw new PrecedentError('usage', 'a box is not measured', undefined, 'grow it into a lesion');
  return {
    said: disclosure.region(engine.library.reads.volume(volume)),
    measurements: await engine.withVoxels(volume, (file) => measureIn(file, mask)),
  };
}
