/** Reads how a folder of the Medical Segmentation Decathlon is laid out: which image has which mask, and what its values are. */

import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { type MirOrgan, mirOrgans } from '../benchmark/mir/labels.ts';
import { PrecedentError } from '../contract/errors.ts';
import { roiKind } from '../dicom/roiNames.ts';
import { contentSize, readContent } from '../files/files.ts';

export interface MsdDataset {
  readonly name: string;
  /** Mask value → what the data set calls it, without the background. */
  readonly names: ReadonlyMap<number, string>;
}

export interface MsdCase {
  readonly image: string;
  /** Missing for the images of `imagesTs`, whose masks were never published. */
  readonly mask: string | undefined;
  readonly caseName: string;
  /** The values of the mask whose names are those of lesions; liver and pancreas 2, colon and lung 1. */
  readonly lesionValues: readonly number[];
  readonly organs: readonly { readonly value: number; readonly name: string }[];
}

const description = z.object({
  name: z.string().optional(),
  modality: z.record(z.string(), z.string()).optional(),
  labels: z.record(z.string(), z.union([z.string(), z.number()])),
});
const mostLabels = 1024;
const maxDescriptionBytes = 16 * 2 ** 20;

const imagePath = /^(imagesT[rs])[\\/](?!\.)([^\\/]+?)\.nii(\.gz)?$/i;

/** The folders with a dataset.json and an `imagesTr` beside it: the roots of data sets, one or many below each other. */
export function msdRoots(paths: readonly string[]): string[] {
  const folders = new Set(paths.filter((path) => /\.nii(\.gz)?$/i.test(path)).map(dirname));
  return paths
    .filter((path) => basename(path) === 'dataset.json')
    .map(dirname)
    .filter((root) => folders.has(join(root, 'imagesTr')) || folders.has(join(root, 'imagesTs')));
}

/**
 * A dataset.json; its labels are value → name (the Decathlon) or name → value (nnU-Net).
 * @throws PrecedentError `unreadable` when it does not describe such a data set, `unsupported` when its images are no CT
 */
export function readMsdDataset(text: string): MsdDataset {
  if (text.length > maxDescriptionBytes)
    throw new PrecedentError('limit', 'dataset.json is larger than 16 MB');
  const { name = '', modality, labels } = parseDescription(text);
  if (modality && !Object.values(modality).some((value) => /^ct$/i.test(value.trim())))
    throw new PrecedentError('unsupported', 'dataset.json says that the images are no CT');
  const named = Object.entries(labels).map(([key, value]): [number, string] =>
    typeof value === 'number' ? [value, key] : [Number(key), value],
  );
  if (
    named.length > mostLabels ||
    named.some(([value]) => !Number.isInteger(value) || value < 0 || value > 65_535)
  )
    throw new PrecedentError('unreadable', 'the labels of dataset.json are no values of a mask');
  return { name, names: new Map(named.filter(([value]) => value !== 0)) };
}

/** The dataset.json at a path, as it crosses a process. @throws PrecedentError as `readMsdDataset`, `limit` */
export async function readDataset(path: string): Promise<{ name: string; names: Record<string, string> }> {
  if ((await contentSize(path)) > maxDescriptionBytes)
    throw new PrecedentError('limit', 'dataset.json is larger than 16 MB');
  const { name, names } = readMsdDataset((await readContent(path)).toString('utf8'));
  return { name, names: Object.fromEntries(names) };
}

function parseDescription(text: string): z.infer<typeof description> {
  try {
    return description.parse(JSON.parse(text));
  } catch {
    throw new PrecedentError('unreadable', 'dataset.json describes no data set with labels');
  }
}

/** The cases of a data set at `root`, by name; `files` are paths below it. What macOS adds (`._NAME`) is left out. */
export function msdCases(root: string, { names }: MsdDataset, files: readonly string[]): MsdCase[] {
  const known = new Set(files);
  const values = [...names].sort(([a], [b]) => a - b);
  const lesionValues = values.flatMap(([value, name]) => (roiKind(name) === 'lesion' ? [value] : []));
  const organs = values.flatMap(([value, name]) => (roiKind(name) === 'organ' ? [{ value, name }] : []));
  const within = join(root, '/');
  return files
    .flatMap((image) => {
      const [, folder, caseName] =
        (image.startsWith(within) && imagePath.exec(image.slice(within.length))) || [];
      if (caseName === undefined) return [];
      const masks = ['.nii.gz', '.nii'].map((end) => join(root, 'labelsTr', caseName + end));
      const mask = folder === 'imagesTr' ? masks.find((path) => known.has(path)) : undefined;
      return [{ image, mask, caseName, lesionValues, organs }];
    })
    .sort((a, b) => (a.caseName < b.caseName ? -1 : 1));
}

/** The organ whose rules 3D-MIR applies to a data set, by the set's name or else its folder's (`Task03_Liver`). */
export function mirOrganOf(root: string, { name }: Pick<MsdDataset, 'name'>): MirOrgan | undefined {
  const named = (text: string) =>
    mirOrgans.find((organ) => new RegExp(`(^|[^a-z])${organ}$`, 'i').test(text));
  return named(name.trim()) ?? named(basename(root));
}
