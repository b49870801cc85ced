/** Writes the key images of a volume where the user chose: pictures in an archive, or a DICOM Key Object Selection. */
import type { EngineContract } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { KeyImage } from '../contract/keyImages.ts';
import { planeAxes } from '../contract/mark.ts';
import type { ParsedParams } from '../contract/rpc.ts';
import { keyObjectFile } from '../dicom/sr/document.ts';
import { keyObjectSelection } from '../dicom/sr/keyObjects.ts';
import { writeFileAtomic } from '../files/files.ts';
import { createPackage } from '../files/package.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { csvTable } from '../takeaway/csv.ts';
import { documentIdentity } from '../takeaway/documentIdentity.ts';
import { isIdentifying } from '../takeaway/identifying.ts';
import { keyPicture } from '../takeaway/keyPicture.ts';
import type { Engine } from './engine.ts';
import { referableImages } from './originalImages.ts';

/** Throws `usage` where there is none, `not-found`, `unsupported` for key objects of what is no DICOM image, `corrupt`, `storage`. */
export async function saveKeyImages(
  engine: Engine,
  { volume, format, identified, target }: ParsedParams<EngineContract, 'keyImages.export'>,
  signal: AbortSignal,
): Promise<{ bytes: number; left: number }> {
  const path = engine.grants.take(target, 'write');
  const images = engine.library.keyImages.ofStudy(volume).filter((image) => image.volume === volume);
  if (images.length === 0)
    throw new PrecedentError('usage', 'the volume has no key images', undefined, 'mark one first');
  if (format === 'png')
    return { bytes: await savePictures(engine, images, { path, identified, signal }), left: 0 };
  const { bytes, left } = await keyObjects(engine, images, identified);
  await writeFileAtomic(path, bytes);
  return { bytes: bytes.length, left };
}

/** The pictures, and a table of what they are; names of files say nothing of the patient. Returns how many bytes. */
async function savePictures(
  engine: Engine,
  images: readonly KeyImage[],
  {
    path,
    identified,
    signal,
  }: { readonly path: string; readonly identified: boolean; readonly signal: AbortSignal },
): Promise<number> {
  const { reads } = engine.library;
  const volume = reads.volume(images[0].volume);
  const known = reads.patientIdentifiers(volume.patient);
  const rows: (string | number)[][] = [];
  const pack = await createPackage(path);
  let bytes = 0;
  const add = async (name: string, data: Uint8Array) => {
    await pack.add(name, data);
    bytes += data.length;
  };
  try {
    await engine.withVoxels(volume.id, async (file) => {
      for (const [n, image] of images.entries()) {
        throwIfCancelled(signal);
        const { plane, slice, view, note } = image;
        const name = `${String(n + 1).padStart(2, '0')}-${plane}-${slice + 1}.png`;
        await add(name, await keyPicture(file, image));
        const told = identified || !isIdentifying(note, known) ? note : '';
        rows.push([name, plane, slice + 1, view.window.width, view.window.center, view.slabMm ?? '', told]);
      }
    });
    const head = ['file', 'plane', 'slice', 'windowWidth', 'windowCenter', 'slabMm', 'note'];
    await add('key-images.csv', Buffer.from(csvTable([head, ...rows])));
    await pack.commit();
  } catch (error) {
    await pack.abandon();
    throw error;
  }
  return bytes;
}

/** `left` counts the slices that are no image of the source. */
async function keyObjects(
  engine: Engine,
  images: readonly KeyImage[],
  identified: boolean,
): Promise<{ bytes: Buffer; left: number }> {
  const { library } = engine;
  const volume = library.reads.volume(images[0].volume);
  const { study, ofSlices } = await referableImages(engine, volume.id);
  const identity = documentIdentity(library, volume, study, { identified, now: new Date() });
  const chosen = images.flatMap(({ plane, slice }) => {
    const image = planeAxes(volume.direction, plane).normal === 2 ? ofSlices[slice] : null;
    return image ? [{ ...image, sopInstanceUid: identity.uid(image.sopInstanceUid) }] : [];
  });
  if (chosen.length === 0)
    throw new PrecedentError(
      'unsupported',
      'none of the key images is an image of the source',
      undefined,
      'save them as pictures instead',
    );
  const notes = images.map(({ note }) => identity.say(note, '')).filter(Boolean);
  const root = keyObjectSelection(chosen, {
    observer: identity.observer(engine.library.session.user),
    description: notes.join('; '),
  });
  const bytes = keyObjectFile(root, { ...identity.head, seriesDescription: 'Key images (research use)' });
  return { bytes, left: images.length - chosen.length };
}
