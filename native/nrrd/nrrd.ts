/** Reads NRRD images and segmentations (.nrrd, .seg.nrrd of 3D Slicer, detached .nhdr) into volumes and labels in LPS. */
import { PrecedentError } from '../contract/errors.ts';
import type { LabelImage } from '../volume/labelMasks.ts';
import { gunzip, huVoxels, maxSampleBytes, readSamples, type Samples } from '../volume/samples.ts';
import type { Volume } from '../volume/volume.ts';
import { type NrrdHeader, parseNrrdHeader } from './header.ts';

/** What may follow the samples before inflating stops. */
const trailingBytes = 2 ** 20;
const maxSegments = 1024;

/** A segment of a 3D Slicer segmentation: the voxels of one layer that hold its label. */
export interface NrrdSegment {
  readonly name: string | undefined;
  readonly layer: number;
  readonly value: number;
  /** Segmented property category and type as coding scheme and value. */
  readonly codes: readonly { readonly scheme: string; readonly value: string }[];
}

export interface NrrdLabels {
  /** How many images of labels there are, and each of them: only those that are asked for are in memory. */
  readonly layers: number;
  readonly layer: (n: number) => LabelImage;
  /** What the file says about its labels; empty for a plain image of labels. */
  readonly segments: readonly NrrdSegment[];
}

/**
 * A NRRD image in the file's own voxel order, its values taken for HU: Int16 where exact, else Float32.
 * @param data the file that `nrrdDataFile` names, for a detached header
 * @throws PrecedentError `unreadable`, `unsupported` or `limit`
 */
export function readNrrd(bytes: Uint8Array, data?: Uint8Array): { volume: Volume; warnings: string[] } {
  const header = parseNrrdHeader(bytes);
  if (header.layers > 1)
    throw new PrecedentError('unsupported', 'a NRRD image with more than three dimensions');
  const warnings: string[] = [];
  if (!header.positioned)
    warnings.push('the NRRD file gives no orientation: its axes are taken for left, posterior, up');
  const voxels = huVoxels(layerOf(samplesOf(header, bytes, data), header, 0), warnings);
  return { volume: { ...header.grid, voxels }, warnings };
}

/** The labels of a NRRD mask or segmentation where the file puts them. Parameters and errors as `readNrrd`. */
export function readNrrdLabels(bytes: Uint8Array, data?: Uint8Array): NrrdLabels {
  const header = parseNrrdHeader(bytes);
  const { grid, positioned, layers } = header;
  const samples = samplesOf(header, bytes, data);
  return {
    layers,
    layer: (n) => ({ grid, positioned, values: layerOf(samples, header, n) }),
    segments: segmentsOf(header),
  };
}

/**
 * The name of the file beside a detached header that holds its samples; undefined where they are in the same file.
 * @throws PrecedentError `refused` when the name leads out of the folder, `unsupported` for samples in several files
 */
export function nrrdDataFile(bytes: Uint8Array): string | undefined {
  const { dataFile } = parseNrrdHeader(bytes);
  if (dataFile === undefined) return undefined;
  if (/^LIST\b/.test(dataFile) || /%\d*d/.test(dataFile))
    throw new PrecedentError('unsupported', 'a NRRD image whose samples are in several files');
  const name = dataFile.replace(/^\.\//, '');
  if (name === '' || name === '.' || name === '..' || /[/\\:\0]/.test(name))
    throw new PrecedentError('refused', 'the NRRD header names a file outside its folder');
  return name;
}

function samplesOf(header: NrrdHeader, bytes: Uint8Array, data: Uint8Array | undefined): Samples {
  const { grid, layers, type, littleEndian, encoding, dataFile, dataOffset, byteSkip } = header;
  if (dataFile !== undefined && !data)
    throw new PrecedentError('unsupported', 'a detached NRRD header without the file that it names');
  const whole = dataFile === undefined ? bytes : (data ?? bytes);
  const size = grid.dims[0] * grid.dims[1] * grid.dims[2] * layers * type.bytes;
  if (size > maxSampleBytes) throw new PrecedentError('limit', 'the image has too many voxels');
  const stored = whole.subarray(afterLines(whole, dataOffset, header.lineSkip));
  // The format skips bytes after inflating; −1 means that the samples are the last bytes of raw data.
  const skipped = Math.max(0, byteSkip);
  const plain = encoding === 'gzip' ? gunzip(stored, size + skipped + trailingBytes) : stored;
  const from = byteSkip < 0 ? plain.length - size : skipped;
  if (from < 0 || plain.length < from + size)
    throw new PrecedentError('unreadable', 'the file is cut off inside its voxels');
  return readSamples(plain.subarray(from, from + size), type, littleEndian, encoding === 'gzip');
}

function afterLines(bytes: Uint8Array, offset: number, lines: number): number {
  let at = offset;
  for (let n = 0; n < lines; n++) {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new PrecedentError('unreadable', 'the file is cut off inside its voxels');
    at = end + 1;
  }
  return at;
}

/** One image of those that are stored together, i fastest. */
function layerOf(
  samples: Samples,
  { grid: { dims }, strides, layers, type }: NrrdHeader,
  layer: number,
): Samples {
  const [perLayer, si, sj, sk] = strides;
  if (layers === 1) return samples;
  const values = new type.array(dims[0] * dims[1] * dims[2]);
  for (let k = 0, n = 0; k < dims[2]; k++) {
    for (let j = 0; j < dims[1]; j++) {
      const row = layer * perLayer + j * sj + k * sk;
      for (let i = 0; i < dims[0]; i++, n++) values[n] = samples[row + i * si];
    }
  }
  return values;
}

/** Segment0_ID, Segment0_Name, Segment0_Layer, Segment0_LabelValue, Segment0_Tags … of 3D Slicer. */
function segmentsOf({ keys, layers }: NrrdHeader): NrrdSegment[] {
  const segments: NrrdSegment[] = [];
  for (let n = 0; n < maxSegments && (keys.has(`Segment${n}_ID`) || keys.has(`Segment${n}_Name`)); n++) {
    // Slicer before 4.11 wrote a layer for each segment and neither layer nor label.
    const layer = Number(keys.get(`Segment${n}_Layer`) ?? (layers > 1 ? n : 0));
    const value = Number(keys.get(`Segment${n}_LabelValue`) ?? 1);
    if (!(layer >= 0 && layer < layers && Number.isInteger(layer) && Number.isInteger(value)))
      throw new PrecedentError('unreadable', 'the NRRD header names a layer that is not there');
    segments.push({
      name: keys.get(`Segment${n}_Name`)?.slice(0, 1024),
      layer,
      value,
      codes: codesOf(keys.get(`Segment${n}_Tags`) ?? ''),
    });
  }
  return segments;
}

/** "TerminologyEntry:CONTEXT~SCHEME^CODE^MEANING~SCHEME^CODE^MEANING~…": category, then type. */
function codesOf(tags: string): NrrdSegment['codes'] {
  const entry = tags.split('|').find((tag) => /TerminologyEntry:/.test(tag)) ?? '';
  return entry
    .split('~')
    .slice(1, 3)
    .map((code) => code.split('^'))
    .flatMap(([scheme, value]) => (scheme && value ? [{ scheme, value }] : []));
}
