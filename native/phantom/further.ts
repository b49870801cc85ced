/**
 * What some phantom patients have beside their one series: a thick reconstruction of the same scan, and an earlier examination
 * in which the lesions are smaller and nobody drew them.
 */
import type { Volume } from '../volume/volume.ts';
import { type PhantomCase, type PhantomSize, phantomCase } from './case.ts';
import type { SeriesPart } from './dicomObjects.ts';

interface FurtherSeries {
  /** The folder of its files, below the patient's. */
  readonly folder: string;
  readonly part: SeriesPart;
  readonly phantom: PhantomCase;
}

/** Every sixteenth patient has more. */
const every = 16;
const priorDays = 244;
const priorGrown = 0.65;
/** The patient lay elsewhere on the table: mm. */
const priorShiftMm = [6, -4, 57.5] as const;
/** The earlier scan began so many slices further up. */
const priorMissing = 3;

export function furtherSeries(
  seed: number,
  index: number,
  size: Partial<PhantomSize>,
  current: PhantomCase,
): FurtherSeries[] {
  if (index % every !== every - 1) return [];
  const prior = phantomCase(seed, index, size, priorGrown);
  return [
    {
      folder: 'CT-thick',
      part: { examination: '', series: ' thick', number: 3 },
      phantom: { ...current, volume: thickened(current.volume, 2) },
    },
    {
      folder: 'CT-prior',
      part: { examination: ' prior', series: '', number: 2 },
      phantom: {
        ...prior,
        studyDate: daysBefore(prior.studyDate, priorDays),
        volume: moved(prior.volume, priorMissing, priorShiftMm),
      },
    },
  ];
}

/** Slices averaged by so many; what is left over at the end is not there. */
function thickened({ dims: [ni, nj, nk], spacing, origin, direction, voxels }: Volume, by: number): Volume {
  const slice = ni * nj;
  const thick = new Int16Array(slice * Math.floor(nk / by));
  for (let at = 0; at < thick.length; at++) {
    const from = Math.floor(at / slice) * by * slice + (at % slice);
    let sum = 0;
    for (let n = 0; n < by; n++) sum += voxels[from + n * slice];
    thick[at] = Math.round(sum / by);
  }
  return {
    dims: [ni, nj, Math.floor(nk / by)],
    spacing: [spacing[0], spacing[1], spacing[2] * by],
    origin: [origin[0], origin[1], origin[2] + ((by - 1) / 2) * spacing[2]],
    direction,
    voxels: thick,
  };
}

/** Without its first slices, and elsewhere. */
function moved(volume: Volume, missing: number, shiftMm: readonly [number, number, number]): Volume {
  const { dims, spacing, origin, voxels } = volume;
  return {
    ...volume,
    dims: [dims[0], dims[1], dims[2] - missing],
    origin: [origin[0] + shiftMm[0], origin[1] + shiftMm[1], origin[2] + shiftMm[2] + missing * spacing[2]],
    voxels: voxels.subarray(missing * dims[0] * dims[1]),
  };
}

function daysBefore(date: string, days: number): string {
  const time = Date.UTC(+date.slice(0, 4), +date.slice(4, 6) - 1, +date.slice(6)) - days * 86_400_000;
  return new Date(time).toISOString().slice(0, 10).replaceAll('-', '');
}
