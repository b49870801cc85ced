/** Names for the unpacked entries of an archive that every file system takes, as close to the entries' own as can be. */
import { join } from 'node:path';

/** File systems take 255 bytes a name; the rest is for what tells apart names that became the same. */
const maxNameBytes = 240;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among what names cannot hold
const notInNames = /[\x00-\x1f\x7f<>:"|?*\\/]/g;
/** Devices on Windows, with any extension. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\.|$)/i;
/** The endings that masks and images are told by stay together. */
const ending = /(\.nii\.gz|\.seg\.nrrd|\.[A-Za-z0-9]{1,8})$/;

export class UnpackedNames {
  /** Paths in use, in lower case: many file systems take names that differ in case for the same. */
  readonly #used = new Map<string, number>();
  readonly #folders = new Map<string, string>();

  /** The path below the root for a file of these folders and name; another one each time. */
  file(parts: readonly string[]): string {
    return this.#free(this.folder(parts.slice(0, -1)), parts.at(-1) ?? '');
  }

  /** The path below the root for a folder; the same one each time. */
  folder(parts: readonly string[]): string {
    if (parts.length === 0) return '';
    const key = JSON.stringify(parts);
    const known = this.#folders.get(key);
    if (known !== undefined) return known;
    const path = this.#free(this.folder(parts.slice(0, -1)), parts[parts.length - 1]);
    this.#folders.set(key, path);
    return path;
  }

  #free(folder: string, wanted: string): string {
    const name = safeName(wanted);
    const first = join(folder, name);
    const [, end = ''] = ending.exec(name) ?? [];
    for (let path = first; ; ) {
      const key = path.toLowerCase();
      const count = this.#used.get(key) ?? 0;
      this.#used.set(key, count + 1);
      if (count === 0) return path;
      const again = this.#used.get(first.toLowerCase()) ?? 0;
      path = join(folder, `${name.slice(0, name.length - end.length)}~${again}${end}`);
    }
  }
}

function safeName(part: string): string {
  const name = part
    .normalize('NFC')
    .replace(notInNames, '_')
    .replace(/[. ]+$/, '_');
  const named = reserved.test(name) || name === '' ? `_${name}` : name;
  if (Buffer.byteLength(named) <= maxNameBytes) return named;
  const [, end = ''] = ending.exec(named) ?? [];
  const stem = Buffer.from(named)
    .subarray(0, maxNameBytes - end.length)
    .toString();
  // Cutting may have split the last character.
  return stem.replace(/\ufffd+$/, '') + end;
}
