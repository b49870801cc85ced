/** Finds what the labels of a mask are called: in a table or JSON file beside it. */

import { basename, dirname, join } from 'node:path';
import { openForReading } from '../files/files.ts';

export type LabelNames = ReadonlyMap<number, string>;

const maskExtension = /(\.seg)?\.(nii(\.gz)?|nrrd|nhdr)$/i;
const maskSuffix = /[_-](mask|seg|segmentation|labels?)$/i;
const largestTable = 4 * 2 ** 20;
const maxNames = 65_536;

/** The name of the image that a mask belongs to, by the mask's name, without folder and ending; null for no mask's name. */
export function maskOwner(path: string): string | null {
  const name = basename(path);
  const stem = name.replace(maskExtension, '');
  if (stem === name) return null;
  if (maskSuffix.test(stem)) return stem.replace(maskSuffix, '');
  return /\.seg\.(nrrd|nhdr)$/i.test(name) ? stem : null;
}

/**
 * The names of a mask's labels from the first of these beside it that exists: `MASK.json`, `MASK_labels.txt`, `IMAGE_labels.txt`, `MASK.ctbl`,
 * `IMAGE.ctbl`, `labels.txt`; null where there is none. Calls `onFile` before it opens one.
 */
export async function namesBeside(
  maskPath: string,
  onFile: (path: string) => void,
): Promise<LabelNames | null> {
  const stem = basename(maskPath).replace(maskExtension, '');
  const owner = maskOwner(maskPath) ?? stem;
  const candidates = [
    `${stem}.json`,
    `${stem}_labels.txt`,
    `${owner}_labels.txt`,
    `${stem}.ctbl`,
    `${owner}.ctbl`,
    'labels.txt',
  ];
  for (const name of candidates) {
    const path = join(dirname(maskPath), name);
    const text = await readText(path, onFile);
    if (text !== null) return name.endsWith('.json') ? namesFromJson(text) : namesFromTable(text);
  }
  return null;
}

/**
 * Label names of a JSON document: {"1": "liver"} or {"liver": 1}, or such an object under "labels" (as the Medical
 * Segmentation Decathlon and nnU-Net have). Empty for anything else.
 */
function namesFromJson(text: string): LabelNames {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return new Map();
  }
  const object = isObject(content) && isObject(content.labels) ? content.labels : content;
  if (!isObject(object)) return new Map();
  const names = Object.entries(object)
    .slice(0, maxNames)
    .flatMap(([key, value]): [number, string][] => {
      if (typeof value === 'number' && isLabel(value)) return [[value, key]];
      if (typeof value === 'string' && isLabel(Number(key))) return [[Number(key), value]];
      return typeof value === 'string' && value !== '' && isLabel(Number(value))
        ? [[Number(value), key]]
        : [];
    });
  return new Map(names);
}

/** Label names of an ITK-SNAP label file, a 3D Slicer colour table, or lines of a number and a name. */
function namesFromTable(text: string): LabelNames {
  const names = new Map<number, string>();
  for (const line of text.split(/\r?\n/).slice(0, maxNames)) {
    const [, number, rest] = /^\s*(\d{1,5})[\s:;,=]+(.{1,1000})$/.exec(line) ?? [];
    if (number === undefined) continue;
    const quoted = /"([^"]*)"\s*$/.exec(rest)?.[1];
    // A colour table has red, green, blue and often alpha behind the name.
    const name = quoted ?? rest.replace(/(\s+\d{1,3}){3,4}\s*$/, '').replaceAll('_', ' ');
    if (name.trim() !== '') names.set(Number(number), name.trim());
  }
  return names;
}

function isLabel(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65_535;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readText(path: string, onFile: (path: string) => void): Promise<string | null> {
  const file = await openForReading(path).catch(() => null);
  if (!file) return null;
  try {
    const { size } = await file.stat();
    if (size > largestTable) return null;
    onFile(path);
    return (await file.readFile()).toString('utf8');
  } catch {
    return null;
  } finally {
    await file.close();
  }
}
