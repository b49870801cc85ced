/** A CT study on disk with a canary wherever a file, its name or its folder can say who somebody is. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Canary, textCanary } from './canarySearch.ts';
import { canaryElements } from './deidentifyCanaries.ts';
import { ctElements, type Elements, writeDicom } from './dicomWriter.ts';
import { writeZip } from './zipWriter.ts';

/** Unlike any word of Chromium's own files. */
const word = 'KANARI';
const size = 64;
const slices = 24;

export const studyCanaries: readonly Canary[] = [word, '19770707', '1.2.4242.'].map(textCanary);

/** The canaries of the de-identification's tests under another word. */
function renamed(elements: Elements): Elements {
  return Object.fromEntries(
    Object.entries(elements).map(([tag, element]) => {
      if (!element) return [tag, element];
      const [vr, value] = element;
      if (typeof value === 'string') return [tag, [vr, value.replaceAll('CANARY', word)]];
      if (value instanceof Uint8Array)
        return [
          tag,
          [vr, Buffer.from(Buffer.from(value).toString('latin1').replaceAll('CANARY', word), 'latin1')],
        ];
      if (Array.isArray(value) && typeof value[0] === 'object')
        return [tag, [vr, (value as readonly Elements[]).map(renamed)]];
      return [tag, element];
    }),
  );
}

/** What makes an image of a file stays as it is, whatever the tables say of its attributes. */
const geometry = ['00080005', '00080008', '00080016', '00080060', '00180050', '00200032', '00200037'];

function slice(n: number, series: number): Uint8Array {
  const stored = Array.from({ length: size * size }, (_, at) => {
    const [x, y, z] = [(at % size) - 32, Math.floor(at / size) - 32, n - 12];
    // A ball of 60 HU with a texture of its own in fat.
    return Math.hypot(x, y, z) < 9 ? 1060 + ((x * 7 + y * 13 + z * 5) % 17) : 900 + ((x * 3 + y * 11) % 9);
  });
  const plain = ctElements({ rows: size, columns: size, position: [0, 0, n], stored });
  const kept = Object.fromEntries(
    Object.entries(plain).filter(([tag]) => geometry.includes(tag) || /^(0028|7fe0)/.test(tag)),
  );
  const file = writeDicom({
    ...renamed(canaryElements()),
    ...kept,
    '00080018': ['UI', `1.2.4242.${series}.${n + 1}`],
    '0020000d': ['UI', '1.2.4242.7'],
    '0020000e': ['UI', `1.2.4242.${series}`],
    '00200013': ['IS', String(n + 1)],
    '00280030': ['DS', '1\\1'],
    '00180050': ['DS', '1'],
    '00100020': ['LO', `${word}-4242`],
    '00100010': ['PN', `${word}^ADA`],
    '00100030': ['DA', '19770707'],
  });
  // An executable's beginning, as a preamble may hide it.
  Buffer.from(`MZ${word}PREAMBLE`).copy(file);
  return file;
}

/** Writes a folder of the study's first series, and its second one as a ZIP beside it. Returns the folder. */
export function writeCanaryStudy(root: string): string {
  const folder = join(root, `${word} ADA 19770707`);
  const own = join(folder, `${word} series`);
  mkdirSync(own, { recursive: true });
  for (let n = 0; n < slices; n++) writeFileSync(join(own, `${word}-${n}.dcm`), slice(n, 8));
  const entries = Array.from({ length: slices }, (_, n) => ({
    name: `${word}/${word}-${n}.dcm`,
    data: slice(n, 9),
  }));
  writeFileSync(join(folder, `${word}.zip`), writeZip(entries));
  writeFileSync(join(own, '1.2.4242.7.txt'), `Report of ${word} ADA, born 19770707: a node of the liver.`);
  return folder;
}
