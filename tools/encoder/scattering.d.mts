/** Types of scattering.mjs, which is plain JavaScript so that any Node can write the encoder. */
export type Order = 'mean' | 'first' | 'second';
export type RingName = 'centre' | 'border' | 'surround';
export interface Feature {
  readonly order: Order;
  readonly octave?: number;
  readonly octave2?: number;
  readonly ring: RingName;
}
export const size: number;
export const octaves: number;
export const orientations: number;
export const kernelRadius: number;
export const orders: Readonly<Record<Order, { floor: number; gain: number; weight: number }>>;
export const rings: readonly { readonly name: RingName; readonly radius: number; readonly sd: number }[];
export function morletKernels(): Float32Array;
export function binomialKernel(): Float32Array;
export function ringWeights(width: number): Float32Array;
export function featureTable(): Feature[];
export function keptFeatures(): (Feature & { readonly index: number })[];
