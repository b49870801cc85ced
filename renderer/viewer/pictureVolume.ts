/**
 * Voxels as Cornerstone3D knows them: a volume whose slices are handed over as they arrive, the one that is looked at
 * first, and the metadata it asks for. When the voxels are released, every copy that Cornerstone and the graphics adapter
 * hold is freed.
 */
import {
  cache,
  Enums,
  getRenderingCapabilities,
  ImageVolume,
  metaData,
  type Types,
  utilities,
  volumeLoader,
} from '@cornerstonejs/core';
import { indexToWorld } from './grid.ts';
import { nextRange, type SliceRange } from './streamOrder.ts';
import type { Voxels } from './voxels.ts';

const scheme = 'precedent';
const volumeScheme = `${scheme}-volume`;
/** So many slices are copied to the graphics adapter before a frame; more would be felt as a halt. */
const slicesAFrame = 32;

type SlicesListener = (range: SliceRange) => void;
interface Shown {
  readonly voxels: Voxels;
  readonly listeners: Set<SlicesListener>;
}
/** What is shown, by the key of its voxels. */
const shown = new Map<string, Shown>();

/** Must run once, before anything is shown. */
export function startPictures(): void {
  volumeLoader.registerVolumeLoader(volumeScheme, (volumeId) => ({ promise: makeVolume(volumeId) }));
  metaData.addProvider(provideMetadata, 10_000);
  // What is held is for the store of voxels to decide (voxelStore.ts): nothing may be thrown out beneath it.
  cache.setMaxCacheSize(Number.MAX_SAFE_INTEGER);
}

/** Makes the voxels known to Cornerstone under their key, until they are released. */
export function registerPicture(voxels: Voxels): void {
  if (shown.has(voxels.key)) return;
  shown.set(voxels.key, { voxels, listeners: new Set() });
  utilities.genericViewportDisplaySetMetadataProvider.add(voxels.key, {
    imageIds: imageIdsOf(voxels),
    kind: 'planar',
    volumeId: volumeIdOf(voxels),
  });
  voxels.onRelease(() => {
    utilities.genericViewportDisplaySetMetadataProvider.remove(voxels.key);
    shown.delete(voxels.key);
  });
}

/** Told of the slices that can be drawn from now on, of voxels that are registered; returns what stops it. */
export function onSlices(voxels: Voxels, listener: SlicesListener): () => void {
  const listeners = shown.get(voxels.key)?.listeners;
  listeners?.add(listener);
  return () => listeners?.delete(listener);
}

function imageIdOf(voxels: Voxels, k: number): string {
  return `${scheme}:${voxels.key}:${k}`;
}

function imageIdsOf(voxels: Voxels): string[] {
  return Array.from({ length: voxels.grid.dims[2] }, (_, k) => imageIdOf(voxels, k));
}

function volumeIdOf(voxels: Voxels): string {
  return `${volumeScheme}:${voxels.key}`;
}

function sliceOf(imageId: string): { voxels: Voxels; k: number } | null {
  const [prefix, key, k] = imageId.split(':');
  const found = prefix === scheme ? shown.get(key) : undefined;
  return found ? { voxels: found.voxels, k: Number(k) } : null;
}

/** Loads nothing by itself: slices are put into Cornerstone's cache and marked as they arrive. */
class ArrivingVolume extends ImageVolume {
  // Without it Cornerstone takes the volume for complete, and copies every slice anew for each pane.
  override loadStatus = { loaded: false };
}

/** What vtk.js has and its types leave out. */
interface Updatable {
  /** 0 before it was first drawn from. */
  getHandle(): unknown;
  /** Copies the marked slices to the graphics adapter. */
  update3DFromRaw(): void;
}

async function makeVolume(volumeId: string): Promise<Types.IImageVolume> {
  const found = shown.get(volumeId.slice(volumeScheme.length + 1));
  if (!found) throw new Error('the voxels of this volume were released');
  const { voxels } = found;
  const volume = new ArrivingVolume(utilities.generateVolumePropsFromImageIds(imageIdsOf(voxels), volumeId));
  voxels.pictureBytes = volume.numVoxels * texelBytes(voxels);
  const stop = handOver(found, volume);
  voxels.onRelease(() => {
    stop();
    voxels.pictureBytes = 0;
    // Cornerstone leaves the texture to the garbage collector, which does not see how large it is.
    volume.vtkOpenGLTexture.destroyTexture();
    if (cache.getVolumeLoadObject(volumeId)) cache.removeVolumeLoadObject(volumeId);
    for (const imageId of volume.imageIds)
      if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId, { force: true });
  });
  // Cornerstone's class and its interface of the same object differ in private members.
  return volume as unknown as Types.IImageVolume;
}

/** Bytes of a voxel in the texture that Cornerstone makes: 16 bits where they can be interpolated, else floats. */
function texelBytes({ data }: Voxels): number {
  const { norm16, norm16Linear } = getRenderingCapabilities();
  return data instanceof Int16Array && norm16 && norm16Linear ? 2 : 4;
}

/** Hands slices on as they arrive: the wanted one at once, the others a few for each frame; returns what stops it. */
function handOver({ voxels, listeners }: Shown, volume: ArrivingVolume): () => void {
  const handed = new Uint8Array(voxels.loaded.length);
  const texture = volume.vtkOpenGLTexture as ArrivingVolume['vtkOpenGLTexture'] & Updatable;
  let frame = 0;
  const hand = (range: SliceRange) => {
    for (let k = range.first; k <= range.last; k++) {
      const imageId = imageIdOf(voxels, k);
      cache.putImageSync(imageId, imageOf(imageId, voxels, k));
      texture.setUpdatedFrame(volume.getImageIdIndex(imageId));
    }
    handed.fill(1, range.first, range.last + 1);
    // Copied here, so that a pane which shows none of these slices need not be drawn for them.
    if (texture.getHandle()) texture.update3DFromRaw();
    for (const listener of listeners) listener(range);
  };
  const handSome = () => {
    frame = 0;
    const waiting = handed.map((done, k) => (done === 0 && voxels.loaded[k] === 1 ? 0 : 1));
    const range = nextRange(waiting, voxels.wanted, slicesAFrame);
    if (!range) return;
    hand(range);
    frame = requestAnimationFrame(handSome);
  };
  const onArrival = () => {
    const k = voxels.wanted;
    if (voxels.loaded[k] === 1 && handed[k] === 0) hand({ first: k, last: k });
    frame ||= requestAnimationFrame(handSome);
  };
  const stop = voxels.subscribe(onArrival);
  onArrival();
  return () => {
    stop();
    cancelAnimationFrame(frame);
  };
}

function imageOf(imageId: string, voxels: Voxels, k: number): Types.IImage {
  const [columns, rows] = voxels.grid.dims;
  const pixels = voxels.slice(k);
  return {
    imageId,
    minPixelValue: -1024,
    maxPixelValue: 3071,
    slope: 1,
    intercept: 0,
    windowCenter: 40,
    windowWidth: 400,
    voiLUTFunction: Enums.VOILUTFunctionType.LINEAR,
    getPixelData: () => pixels,
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      width: columns,
      height: rows,
      numberOfComponents: 1,
      scalarData: pixels,
    }),
    getCanvas: () => {
      throw new Error('not drawn as an image');
    },
    rows,
    columns,
    height: rows,
    width: columns,
    color: false,
    rgba: false,
    numberOfComponents: 1,
    columnPixelSpacing: voxels.grid.spacing[0],
    rowPixelSpacing: voxels.grid.spacing[1],
    sliceThickness: voxels.grid.spacing[2],
    invert: false,
    sizeInBytes: pixels.byteLength,
    isPreScaled: true,
    dataType: pixels instanceof Int16Array ? 'Int16Array' : 'Float32Array',
  };
}

function provideMetadata(type: string, imageId: unknown): unknown {
  const found = typeof imageId === 'string' ? sliceOf(imageId) : null;
  if (!found) return undefined;
  const { grid, data, volume } = found.voxels;
  switch (type) {
    case 'imagePixelModule': {
      const bits = data.BYTES_PER_ELEMENT * 8;
      return {
        bitsAllocated: bits,
        bitsStored: bits,
        highBit: bits - 1,
        pixelRepresentation: 1,
        photometricInterpretation: 'MONOCHROME2',
        samplesPerPixel: 1,
        rows: grid.dims[1],
        columns: grid.dims[0],
      };
    }
    case 'imagePlaneModule':
      return {
        frameOfReferenceUID: volume,
        rows: grid.dims[1],
        columns: grid.dims[0],
        imageOrientationPatient: grid.direction.slice(0, 6),
        rowCosines: grid.direction.slice(0, 3),
        columnCosines: grid.direction.slice(3, 6),
        imagePositionPatient: indexToWorld(grid, [0, 0, found.k]),
        sliceThickness: grid.spacing[2],
        pixelSpacing: [grid.spacing[1], grid.spacing[0]],
        rowPixelSpacing: grid.spacing[1],
        columnPixelSpacing: grid.spacing[0],
      };
    case 'generalSeriesModule':
      return { modality: 'CT', seriesInstanceUID: found.voxels.key };
    case 'modalityLutModule':
      return { rescaleSlope: 1, rescaleIntercept: 0 };
    case 'voiLutModule':
      return { windowCenter: [40], windowWidth: [400] };
    case 'sopCommonModule':
      return { sopInstanceUID: imageId, sopClassUID: '1.2.840.10008.5.1.4.1.1.2' };
    default:
      return undefined;
  }
}
