/**
 * The plainest page that shows a CT volume in three planes with Cornerstone3D: its own loading of a volume, an image
 * loader that fetches each slice when Cornerstone asks for it, its generic viewports, and a wheel listener.
 */
import {
  Enums,
  imageLoader,
  init,
  metaData,
  type PlanarViewport,
  RenderingEngine,
  type Types,
  utilities,
} from '@cornerstonejs/core';
import type { VolumeRow } from '../../../../native/contract/model.ts';

/** CSS pixels from the window's corner. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
/** One viewport and one element each, in this order. */
const planes = [
  { name: 'axial', orientation: Enums.OrientationAxis.AXIAL },
  { name: 'coronal', orientation: Enums.OrientationAxis.CORONAL },
  { name: 'sagittal', orientation: Enums.OrientationAxis.SAGITTAL },
] as const;

async function openVolume(row: VolumeRow, places: Readonly<Record<string, Place>>): Promise<void> {
  init();
  imageLoader.registerImageLoader('bare', (imageId) => ({ promise: loadSlice(row, imageId) }));
  metaData.addProvider((type: string, imageId: unknown) => metadata(row, type, String(imageId)));
  const engine = new RenderingEngine('bare');
  const imageIds = Array.from({ length: row.dims[2] }, (_, k) => `bare:${row.id}:${k}`);
  utilities.genericViewportDisplaySetMetadataProvider.add(row.id, {
    imageIds,
    kind: 'planar',
    volumeId: `bare-volume:${row.id}`,
  });
  for (const { name, orientation } of planes) {
    const element = document.createElement('div');
    const { x, y, width, height } = places[name];
    element.dataset.testid = `viewport-${name}`;
    element.style.cssText = `left:${x}px;top:${y}px;width:${width}px;height:${height}px`;
    document.body.append(element);
    engine.enableElement({ viewportId: name, type: Enums.ViewportType.PLANAR_NEXT, element });
    const viewport = engine.getViewport(name) as unknown as PlanarViewport;
    await viewport.setDisplaySets({ displaySetId: row.id, options: { orientation } });
    viewport.setDisplaySetPresentation(row.id, { voiRange: { lower: -160, upper: 240 } });
    viewport.render();
    element.addEventListener('wheel', (event) => {
      void viewport.scroll(Math.sign(event.deltaY));
      viewport.render();
    });
  }
}

async function loadSlice({ id, dims, spacingMm }: VolumeRow, imageId: string): Promise<Types.IImage> {
  const k = Number(imageId.split(':')[2]);
  const response = await fetch(`precedent://voxels/${id}?slices=${k}-${k}`);
  const pixels = new Int16Array(await response.arrayBuffer());
  document.body.dataset.arrived = `${document.body.dataset.arrived ?? ''} ${k}`;
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
    getCanvas: () => document.createElement('canvas'),
    rows: dims[1],
    columns: dims[0],
    height: dims[1],
    width: dims[0],
    color: false,
    rgba: false,
    numberOfComponents: 1,
    columnPixelSpacing: spacingMm[0],
    rowPixelSpacing: spacingMm[1],
    sliceThickness: spacingMm[2],
    invert: false,
    sizeInBytes: pixels.byteLength,
    isPreScaled: true,
    dataType: 'Int16Array',
    imageFrame: {} as Types.IImageFrame,
  };
}

function metadata(row: VolumeRow, type: string, imageId: string): unknown {
  const k = Number(imageId.split(':')[2]);
  const { dims, spacingMm, originMm, direction } = row;
  const modules: Readonly<Record<string, unknown>> = {
    imagePixelModule: {
      bitsAllocated: 16,
      bitsStored: 16,
      highBit: 15,
      pixelRepresentation: 1,
      photometricInterpretation: 'MONOCHROME2',
      samplesPerPixel: 1,
      rows: dims[1],
      columns: dims[0],
    },
    imagePlaneModule: {
      frameOfReferenceUID: row.id,
      rows: dims[1],
      columns: dims[0],
      imageOrientationPatient: direction.slice(0, 6),
      rowCosines: direction.slice(0, 3),
      columnCosines: direction.slice(3, 6),
      imagePositionPatient: originMm.map((mm, axis) => mm + k * spacingMm[2] * direction[6 + axis]),
      sliceThickness: spacingMm[2],
      pixelSpacing: [spacingMm[1], spacingMm[0]],
      rowPixelSpacing: spacingMm[1],
      columnPixelSpacing: spacingMm[0],
    },
    generalSeriesModule: { modality: 'CT', seriesInstanceUID: row.id },
    modalityLutModule: { rescaleSlope: 1, rescaleIntercept: 0 },
    voiLutModule: { windowCenter: [40], windowWidth: [400] },
    sopCommonModule: { sopInstanceUID: imageId, sopClassUID: '1.2.840.10008.5.1.4.1.1.2' },
  };
  return modules[type];
}

Object.assign(window, { openVolume });
