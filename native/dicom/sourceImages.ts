/** Which image of its files each slice of a volume is: by geometry, so that it holds for every way of stacking them. */
import { PrecedentError } from '../contract/errors.ts';
import type { SourceImage, SourceImages } from '../contract/structuredReport.ts';
import { type Grid, indexToWorld } from '../volume/volume.ts';
import { readFileHeader } from './fileHeader.ts';
import { sliceFrames } from './multiframe.ts';
import { orientation, pixelSpacing, position } from './sliceGeometry.ts';

/** Headers round positions to about a hundredth of a millimetre, directions and spacings to a thousandth. */
const positionMm = 0.05;
const tolerance = 2e-3;

/** The images in files of one series. Calls `onFile` before each. @throws PrecedentError `unreadable`, `unsupported`, `limit` */
export async function readSourceImages(
  files: readonly string[],
  onFile: (path: string) => void,
): Promise<SourceImages> {
  const images: SourceImage[] = [];
  let study: SourceImages['study'] | undefined;
  for (const [file, path] of files.entries()) {
    onFile(path);
    const { header } = await readFileHeader(path);
    const { sopClassUid = '', sopInstanceUid = '', rows, columns } = header;
    const { studyInstanceUid = '', seriesInstanceUid = '' } = header;
    study ??= {
      patientName: header.patientName,
      patientId: header.patientId,
      issuerOfPatientId: header.issuerOfPatientId,
      patientBirthDate: header.patientBirthDate,
      patientSex: header.patientSex,
      studyInstanceUid,
      studyDate: header.studyDate,
      studyTime: header.studyTime,
      studyId: header.studyId,
      studyDescription: header.studyDescription,
      accessionNumber: header.accessionNumber,
      seriesInstanceUid,
      frameOfReferenceUid: header.frameOfReferenceUid,
    };
    for (const { header: own, frame } of sliceFrames(path, header))
      images.push({
        file,
        sopClassUid,
        sopInstanceUid,
        frame: header.frames ? frame + 1 : undefined,
        rows: rows ?? 0,
        columns: columns ?? 0,
        positionMm: [...position(own)],
        orientation: [...orientation(own)],
        spacingMm: [...pixelSpacing(own)],
      });
  }
  if (!study) throw new PrecedentError('not-found', 'the volume has no files');
  return { study, images };
}

/** For each k the image whose pixels are those voxels, or null where they were interpolated between images. */
export function imagesOfSlices(grid: Grid, images: readonly SourceImage[]): (SourceImage | null)[] {
  const fitting = images.filter((image) => sharesPlane(grid, image));
  return Array.from({ length: grid.dims[2] }, (_, k) => {
    const at = indexToWorld(grid, [0, 0, k]);
    return fitting.find((image) => apart(image.positionMm, at) < positionMm) ?? null;
  });
}

/** The image that lies nearest to slice k, whatever its own grid is. */
export function nearestImage(grid: Grid, images: readonly SourceImage[], k: number): SourceImage | null {
  const at = indexToWorld(grid, [0, 0, k]);
  const normal = grid.direction.slice(6);
  const off = ({ positionMm: p }: SourceImage) =>
    Math.abs(normal.reduce((sum, n, axis) => sum + n * (p[axis] - at[axis]), 0));
  return images.reduce<SourceImage | null>(
    (best, image) => (best === null || off(image) < off(best) ? image : best),
    null,
  );
}

function sharesPlane({ dims, spacing, direction }: Grid, image: SourceImage): boolean {
  return (
    image.columns === dims[0] &&
    image.rows === dims[1] &&
    Math.abs(image.spacingMm[1] - spacing[0]) < tolerance &&
    Math.abs(image.spacingMm[0] - spacing[1]) < tolerance &&
    image.orientation.every((value, n) => Math.abs(value - direction[n]) < tolerance)
  );
}

function apart(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, axis) => value - b[axis]));
}
