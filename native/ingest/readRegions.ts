/** Reads lesions and organs from the files that were drawn on a volume, whatever their format, one mask at a time. */
import { dirname, join } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import type { RegionFile } from '../contract/reader.ts';
import { rasterizeRoi } from '../dicom/rasterize.ts';
import { builtinRules, kindByRules, type RoiKind, type RoiRule, roiKind } from '../dicom/roiNames.ts';
import { readRtstruct } from '../dicom/rtstruct.ts';
import { readSeg, segMasks } from '../dicom/seg.ts';
import { kindByCodes, type SegmentCode } from '../dicom/segmentCodes.ts';
import { contentSize, readContent } from '../files/files.ts';
import { readNiftiLabels } from '../nifti/nifti.ts';
import { nrrdDataFile, readNrrdLabels } from '../nrrd/nrrd.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { labelMasks } from '../volume/labelMasks.ts';
import type { Grid, Mask } from '../volume/volume.ts';
import { type LabelNames, namesBeside } from './labelNames.ts';
import { readRegionTable, tableMasks } from './regionTable.ts';

export interface NamedMask {
  readonly name: string;
  readonly kind: 'lesion' | 'organ';
  readonly mask: Mask;
  readonly source: 'rtstruct' | 'mask';
  /** What a table says about a lesion. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface RegionOptions {
  /** The rules that come before the built-in ones. */
  readonly rules: readonly RoiRule[];
  /** What a table may call the image. */
  readonly names: readonly string[];
  /** Called before a file is opened. */
  readonly onFile: (path: string) => void;
  readonly signal: AbortSignal | undefined;
}

export interface RegionReport {
  readonly skipped: { path: string; reason: string }[];
  readonly warnings: string[];
}

interface Reading extends RegionOptions {
  readonly grid: Grid;
  readonly warnings: string[];
}
type Regions = AsyncGenerator<NamedMask>;

const largestFile = 2 ** 30;
/** Names that annotation tools give by themselves. */
const unnamed = /^(label|segment|segmentation|seg|roi|class|mask|region|object|foreground)?[ _-]*\d*$/i;

const readers: Readonly<Record<RegionFile['format'], (file: RegionFile, reading: Reading) => Regions>> = {
  rtstruct: rtstructRegions,
  seg: segRegions,
  nifti: niftiRegions,
  nrrd: nrrdRegions,
  table: tableRegions,
};

/**
 * The lesions and organs of some files on a grid. A file that cannot be read becomes a row of `report.skipped`; what is
 * to be told about one that can goes into `report.warnings`.
 * @throws PrecedentError `cancelled`, `storage`
 */
export async function* readRegions(
  files: readonly RegionFile[],
  grid: Grid,
  options: RegionOptions,
  report: RegionReport,
): AsyncGenerator<NamedMask> {
  for (const file of files) {
    throwIfCancelled(options.signal);
    const warnings: string[] = [];
    try {
      for await (const region of readers[file.format](file, { ...options, grid, warnings })) {
        yield region;
        throwIfCancelled(options.signal);
      }
    } catch (thrown) {
      const error = PrecedentError.from(thrown);
      if (error.kind === 'cancelled' || error.kind === 'storage') throw error;
      report.skipped.push({ path: file.path, reason: error.message });
    } finally {
      report.warnings.push(...new Set(warnings));
    }
  }
}

/** What the rows of a table of lesions call their images, with and without an image file's ending. */
export async function tableImages(path: string): Promise<string[]> {
  if ((await contentSize(path)) > largestFile)
    throw new PrecedentError('limit', 'the file is larger than 1 GiB');
  const { rows } = readRegionTable(await readContent(path));
  return [...new Set(rows.flatMap(({ image }) => (image === undefined ? [] : [image, stem(image)])))];
}

async function readBytes(path: string, { onFile }: Reading): Promise<Uint8Array> {
  onFile(path);
  if ((await contentSize(path)) > largestFile)
    throw new PrecedentError('limit', 'the file is larger than 1 GiB');
  return readContent(path);
}

async function* rtstructRegions({ path }: RegionFile, reading: Reading): Regions {
  const { grid, rules, warnings } = reading;
  const rtstruct = readRtstruct(await readBytes(path, reading));
  warnings.push(...rtstruct.warnings);
  for (const roi of rtstruct.rois) {
    const kind = roiKind(roi.name, roi.interpretedType, [...rules, ...builtinRules]);
    if (kind === 'ignored') continue;
    const said = new Set<string>();
    const filled = rasterizeRoi(roi, grid, said);
    warnings.push(...[...said].map((warning) => `${roi.name}: ${warning}`));
    if (filled) yield { name: roi.name, kind, mask: filled.mask, source: 'rtstruct' };
  }
}

async function* segRegions({ path }: RegionFile, reading: Reading): Regions {
  const { grid, rules, warnings } = reading;
  const seg = readSeg(await readBytes(path, reading));
  warnings.push(...seg.warnings);
  const kindOf = ({ label, codes }: { label: string; codes: readonly SegmentCode[] }) =>
    kindOfLabel(label, codes, rules);
  const masks = segMasks(seg, grid, warnings, (segment) => kindOf(segment) !== 'ignored');
  for await (const { segment, mask } of masks) {
    const kind = kindOf(segment);
    if (kind !== 'ignored') yield { name: segment.label, kind, mask, source: 'mask' };
  }
}

async function* niftiRegions(file: RegionFile, reading: Reading): Regions {
  const { names: embedded, ...image } = readNiftiLabels(await readBytes(file.path, reading));
  const names = (await namesOf(file, reading)) ?? embedded;
  for (const { value, mask, alone } of labelMasks(image, reading.grid, reading.warnings)) {
    const region = labelRegion(names.get(value), alone ? 'lesion' : `lesion ${value}`, [], reading.rules);
    if (region) yield { ...region, mask, source: 'mask' };
  }
}

async function* nrrdRegions(file: RegionFile, reading: Reading): Regions {
  const bytes = await readBytes(file.path, reading);
  const dataFile = nrrdDataFile(bytes);
  const data =
    dataFile === undefined ? undefined : await readBytes(join(dirname(file.path), dataFile), reading);
  const { layers, layer, segments } = readNrrdLabels(bytes, data);
  const names = segments.length > 0 ? null : await namesOf(file, reading);
  for (let n = 0; n < layers; n++) {
    for (const { value, mask, alone } of labelMasks(layer(n), reading.grid, reading.warnings)) {
      const segment = segments.find((one) => one.layer === n && one.value === value);
      const own = layers === 1 ? `lesion ${value}` : `lesion ${n + 1}.${value}`;
      const name = segment?.name ?? names?.get(value);
      const fallback = alone && layers === 1 ? 'lesion' : own;
      const region = labelRegion(name, fallback, segment?.codes ?? [], reading.rules);
      if (region) yield { ...region, mask, source: 'mask' };
    }
  }
}

async function* tableRegions({ path }: RegionFile, reading: Reading): Regions {
  const { grid, rules, warnings } = reading;
  const table = readRegionTable(await readBytes(path, reading));
  const called = new Set(reading.names);
  const rows = table.rows.filter(
    ({ image }) => image === undefined || called.has(image) || called.has(stem(image)),
  );
  // A table may be that of many images: what is wrong with it is said where it has something to say.
  if (rows.length > 0) warnings.push(...table.warnings);
  const numbers = new Map(rows.map((row, n) => [row, n + 1]));
  const outside = () => void warnings.push('regions of the table lie outside the volume and were left out');
  for (const { row, mask } of tableMasks(rows, grid, outside)) {
    // A row of such a table is a finding, unless a rule knows its name.
    const kind =
      row.name === undefined ? 'lesion' : (kindByRules(row.name, [...rules, ...builtinRules]) ?? 'lesion');
    const name = row.name ?? (rows.length > 1 ? `lesion ${numbers.get(row)}` : 'lesion');
    if (kind !== 'ignored') yield { name, kind, mask, source: 'mask', labels: row.labels };
  }
}

async function namesOf({ path, names }: RegionFile, { onFile }: Reading): Promise<LabelNames | null> {
  if (names) return new Map(Object.entries(names).map(([value, name]) => [Number(value), name]));
  return namesBeside(path, onFile);
}

/** A label's name and kind; one without a name of its own is a lesion. Null when it is to be ignored. */
function labelRegion(
  given: string | undefined,
  fallback: string,
  codes: readonly SegmentCode[],
  rules: readonly RoiRule[],
): { name: string; kind: 'lesion' | 'organ' } | null {
  const name = given === undefined || unnamed.test(given.trim()) ? fallback : given;
  const kind = kindOfLabel(given ?? '', codes, rules);
  return kind === 'ignored' ? null : { name, kind };
}

/** By the user's rules, then by codes, then by the built-in rules; a label that nobody named is a lesion. */
function kindOfLabel(label: string, codes: readonly SegmentCode[], rules: readonly RoiRule[]): RoiKind {
  const own = kindByRules(label, rules);
  if (own) return own;
  const coded = kindByCodes(codes);
  const byName = kindByRules(label);
  // An outline of the body is an anatomical structure too, but says nothing about where a lesion lies.
  if (coded) return coded === 'organ' && byName === 'ignored' ? 'ignored' : coded;
  return byName ?? (unnamed.test(label.trim()) ? 'lesion' : 'organ');
}

function stem(image: string): string {
  return image.replace(/\.(nii(\.gz)?|nrrd|mhd|mha|dcm)$/i, '');
}
