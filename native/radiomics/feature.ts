/** What a row of the table of features says, and what its functions are given. */
import type { CooccurrenceMatrix } from './glcm.ts';
import type { Histogram } from './histogram.ts';
import type { DifferenceMatrix } from './ngtdm.ts';
import type { Sample } from './sample.ts';
import type { Shape } from './shape.ts';
import type { SizeMatrix } from './sizeMatrix.ts';
import type { VolumeHistogram } from './volumeHistogram.ts';

export type Family =
  | 'morphology'
  | 'intensity statistics'
  | 'intensity histogram'
  | 'intensity-volume histogram'
  | 'GLCM'
  | 'GLRLM'
  | 'GLSZM'
  | 'GLDZM'
  | 'NGTDM'
  | 'NGLDM';

/** What the features of one region are computed from. */
export interface Measured {
  readonly shape: Shape;
  readonly intensities: Sample;
  readonly histogram: Histogram;
  readonly volumeHistogram: VolumeHistogram;
  readonly glcm: CooccurrenceMatrix;
  readonly runs: SizeMatrix;
  readonly zones: SizeMatrix;
  readonly distances: SizeMatrix;
  readonly differences: DifferenceMatrix;
  readonly dependences: SizeMatrix;
}

export interface Feature {
  /** The identifier of the IBSI reference manual. */
  readonly code: string;
  readonly family: Family;
  readonly unit: string;
  readonly what: string;
  readonly of: (measured: Measured) => number;
  /** What stands where the definition divides by nothing, as of a single voxel. */
  readonly degenerate: number;
}
