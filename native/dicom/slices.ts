/** Sorts the slices of one DICOM series into stacks that each become one volume on a regular grid. */
import { PrecedentError } from '../contract/errors.ts';
import type { Grid } from '../volume/volume.ts';
import type { DicomHeader } from './header.ts';
import { maxSide } from './limits.ts';
import type { Resampling } from './resample.ts';
import { orientation, orthonormalTolerance, pixelSpacing, position } from './sliceGeometry.ts';
import { partsOf, stackOf } from './stacks.ts';
import { stackWarnings } from './stackWarnings.ts';
import { separateSweeps } from './sweeps.ts';
import { decoderFor, type PixelLayout } from './transferSyntax.ts';

export interface SliceFile {
  readonly path: string;
  /** For a frame of a multi-frame file, with the frame's own position, orientation, spacing, rescale and window. */
  readonly header: DicomHeader;
  /** Index of the frame in the file, 0 for a file of one image. */
  readonly frame: number;
}

/** The source slices of one volume and the grid that they fill. */
export interface Stack {
  readonly grid: Grid;
  /** In ascending order along the normal; one for each k unless `resampling` says otherwise. */
  readonly slices: readonly SliceFile[];
  /** How the slices come onto the grid; undefined when each is a slice of the grid as it is. */
  readonly resampling: Resampling | undefined;
  /** Some voxels are not those of the source but interpolated between them. */
  readonly interpolated: boolean;
  readonly warnings: readonly string[];
}

export interface Skipped {
  readonly path: string;
  readonly reason: string;
}

/** Slices of the same size, orientation and pixel spacing. */
export type Group = readonly SliceFile[];

/** Groups slices by size, orientation and pixel spacing. What is no CT slice comes back in `skipped`. */
export function groupSlices(files: readonly SliceFile[]): { groups: Group[]; skipped: Skipped[] } {
  const skipped: Skipped[] = [];
  const groups: { readonly frame: readonly number[]; readonly slices: SliceFile[] }[] = [];
  for (const file of files) {
    try {
      const frame = frameOf(file.header);
      const group = groups.find((other) => sameFrame(other.frame, frame));
      if (group) group.slices.push(file);
      else groups.push({ frame, slices: [file] });
    } catch (thrown) {
      skipped.push({ path: file.path, reason: PrecedentError.from(thrown).message });
    }
  }
  return { groups: groups.map(({ slices }) => slices), skipped };
}

/**
 * The stacks of a group: separated where positions coincide, parted at wide gaps, each on its grid.
 * @param repeated for a slice, how many repetitions of it were left out
 */
export function stackGroup(
  group: Group,
  repeated: ReadonlyMap<SliceFile, number> = new Map(),
): { stacks: Stack[]; skipped: Skipped[] } {
  const { sweeps, skipped } = separateSweeps(group);
  const stacks: Stack[] = [];
  for (const [n, sweep] of sweeps.entries()) {
    const split = sweeps.length > 1 ? [stackWarnings.split(n + 1, sweeps.length)] : [];
    for (const { places, warnings } of partsOf(sweep)) {
      const slices = places.map((place) => place.slices[0]);
      const repetitions = slices.reduce((sum, slice) => sum + (repeated.get(slice) ?? 0), 0);
      const left = repetitions > 0 ? [stackWarnings.repeated(repetitions)] : [];
      try {
        stacks.push(stackOf(places, [...split, ...warnings, ...left]));
      } catch (thrown) {
        const { message } = PrecedentError.from(thrown);
        const others = slices.length > 1 ? ` (${slices.length} slices)` : '';
        skipped.push({ path: slices[0].path, reason: `${message}${others}` });
      }
    }
  }
  return { stacks, skipped };
}

/** The stacks of slices by their headers alone, so without looking for repeated images. */
export function stackSlices(files: readonly SliceFile[]): { stacks: Stack[]; skipped: Skipped[] } {
  const { groups, skipped } = groupSlices(files);
  const results = groups.map((group) => stackGroup(group));
  return {
    stacks: results.flatMap(({ stacks }) => stacks),
    skipped: [...skipped, ...results.flatMap((result) => result.skipped)],
  };
}

/** The pixel layout of a slice. @throws PrecedentError when Precedent cannot read such pixels as HU */
export function pixelLayout(header: DicomHeader): PixelLayout {
  const { rows = 0, columns = 0, bitsAllocated, samplesPerPixel = 1, modalityLut } = header;
  const { photometricInterpretation = 'MONOCHROME2' } = header;
  if (rows < 1 || columns < 1) throw new PrecedentError('unreadable', 'rows or columns are missing');
  if (rows > maxSide || columns > maxSide)
    throw new PrecedentError('limit', `${columns} × ${rows} pixels are too many`);
  // MONOCHROME1 says only that low values are shown bright; rescaled values are HU in both (PS3.3 section C.7.6.3.1.2).
  if (samplesPerPixel !== 1 || !/^MONOCHROME[12]$/.test(photometricInterpretation)) {
    throw new PrecedentError('unsupported', 'a colour image is not a CT slice');
  }
  if (modalityLut) throw new PrecedentError('unsupported', 'a modality look-up table is not handled');
  if (bitsAllocated !== 8 && bitsAllocated !== 16 && bitsAllocated !== 32) {
    throw new PrecedentError(
      'unsupported',
      `${bitsAllocated ?? 'an unknown number of'} bits allocated are not handled`,
    );
  }
  const { bitsStored = bitsAllocated, highBit = bitsStored - 1, pixelRepresentation = 0 } = header;
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit >= bitsAllocated || highBit < bitsStored - 1) {
    throw new PrecedentError('unreadable', 'bits stored and high bit contradict bits allocated');
  }
  return { rows, columns, bitsAllocated, bitsStored, highBit, signed: pixelRepresentation === 1 };
}

/** What all slices of a stack have in common: size, pixel spacing, row and column direction. */
function frameOf(header: DicomHeader): readonly number[] {
  if (header.imageType?.includes('LOCALIZER'))
    throw new PrecedentError('unsupported', 'a localizer, not a CT slice');
  const { rows, columns } = pixelLayout(header);
  decoderFor(header.transferSyntax);
  position(header);
  return [rows, columns, ...pixelSpacing(header), ...orientation(header)];
}

function sameFrame(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, n) => Math.abs(value - b[n]) <= orthonormalTolerance);
}
