/** Pairs NIfTI and NRRD masks with their images by the names of files and folders: nothing inside the files says it. */
import { basename, dirname, sep } from 'node:path';
import type { Skipped } from '../../contract/reader.ts';

interface ImageFile {
  readonly path: string;
  readonly kind: 'nifti' | 'nrrd';
}
export interface PairedImage {
  readonly image: ImageFile;
  readonly masks: readonly ImageFile[];
  /** Its name without extension; with folders in front where the name alone would stand for two images. */
  readonly caseName: string;
}
interface Named extends ImageFile {
  readonly folder: string;
  /** Without folder and extension. */
  readonly name: string;
}

const extension = /\.(nii(\.gz)?|nrrd|nhdr)$/i;
/** NAME_mask, NAME-seg, NAME.seg … */
const maskName = /^(.+)(?:[_-](?:mask|seg|segmentation|labels?)|\.seg)$/i;
/** The mask of the only image in its folder. */
const plainMaskName = /^(mask|seg|segmentation|labels?)$/i;
/** Folders that hold masks only, and those that their images lie in: `labelsTr` belongs to `imagesTr`. */
const maskFolder = /^(?:labels|masks|segmentations)([^/\\]*)$/i;
const imageFolder = /^images([^/\\]*)$/i;
/** nnU-Net: the first channel of an image. */
const firstChannel = '_0000';
/** Names that data sets give to the image of every folder; alone they would make one patient of all. */
const sharedName = /^(ct|image|imaging|img|volume|vol|scan|data)$/i;

/** The images with their masks, in the order given. A mask whose image cannot be told for certain is skipped. */
export function pairByName(files: readonly ImageFile[], skipped: Skipped[]): PairedImage[] {
  const named = withoutTwins(files, skipped);
  const images = named.filter((file) => !isMask(file));
  const find = finder(images);
  const masks = new Map<Named, ImageFile[]>(images.map((image) => [image, []]));
  for (const mask of named.filter(isMask)) {
    const image = find(mask);
    if (typeof image === 'string') skipped.push({ path: mask.path, reason: image });
    else masks.get(image)?.push({ path: mask.path, kind: mask.kind });
  }
  const caseNames = namesOf(images);
  return images.map((image, n) => ({
    image: { path: image.path, kind: image.kind },
    masks: masks.get(image) ?? [],
    caseName: caseNames[n],
  }));
}

function withoutTwins(files: readonly ImageFile[], skipped: Skipped[]): Named[] {
  const seen = new Set<string>();
  return files.flatMap(({ path, kind }) => {
    const stem = path.replace(extension, '');
    if (seen.has(stem)) {
      skipped.push({ path, reason: 'a duplicate: the same name with another ending' });
      return [];
    }
    seen.add(stem);
    return [{ path, kind, folder: dirname(path), name: basename(stem) }];
  });
}

function isMask({ folder, name }: Named): boolean {
  return maskFolder.test(basename(folder)) || maskName.test(name) || plainMaskName.test(name);
}

/** Looks up the image of a mask, or why there is none. */
function finder(images: readonly Named[]): (mask: Named) => Named | string {
  const byFolder = Map.groupBy(images, ({ folder }) => folder);
  const byName = new Map(images.map((image) => [key(image.folder, image.name), image]));
  const imageFolders = Map.groupBy(
    [...byFolder.keys()].filter((folder) => imageFolder.test(basename(folder))),
    (folder) => dirname(folder),
  );
  const inFolder = (folder: string, names: readonly string[]) =>
    names.flatMap((name) => byName.get(key(folder, name)) ?? [])[0];
  const onlyImageOf = (folder: string) => {
    const there = byFolder.get(folder) ?? [];
    return there.length > 1 ? 'a mask beside several images, and its name fits none' : there[0];
  };
  const find = ({ folder, name }: Named): Named | string | undefined => {
    const stem = maskName.exec(name)?.[1];
    const belongsTo = maskFolder.exec(basename(folder))?.[1];
    if (belongsTo === undefined) return stem ? byName.get(key(folder, stem)) : onlyImageOf(folder);
    const parent = dirname(folder);
    const siblings = (imageFolders.get(parent) ?? []).filter(
      (sibling) => belongsTo === '' || basename(sibling).slice('images'.length) === belongsTo,
    );
    const names = [name, stem ?? name].flatMap((one) => [one, one + firstChannel]);
    const found = siblings.flatMap((sibling) => inFolder(sibling, names) ?? []);
    if (found.length > 1) return 'a mask whose image lies in several folders';
    if (siblings.length > 0) return found[0];
    return inFolder(parent, names) ?? onlyImageOf(parent);
  };
  return (mask) => find(mask) ?? 'a mask whose image is missing';
}

function key(folder: string, name: string): string {
  return folder + sep + name;
}

/** The shortest ends of the paths that are all different, with `/` between folders. */
function namesOf(images: readonly Named[]): string[] {
  const parts = images.map(({ folder, name }) => [...folder.split(sep), name]);
  const lengths = images.map(({ name }) => (sharedName.test(name) ? 2 : 1));
  const nameOf = (n: number) => parts[n].slice(-lengths[n]).join('/');
  for (;;) {
    const same = [...Map.groupBy(images.keys(), nameOf).values()].filter((group) => group.length > 1).flat();
    const longer = same.filter((n) => lengths[n] < parts[n].length);
    if (longer.length === 0) return images.map((_, n) => nameOf(n));
    for (const n of longer) lengths[n]++;
  }
}
