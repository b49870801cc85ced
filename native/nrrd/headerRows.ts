/** The fields and keys of a NRRD header as rows to read. */

import { PrecedentError } from '../contract/errors.ts';
import { type HeaderRow, shownCharacters } from '../contract/originalHeader.ts';
import { openForReading } from '../files/files.ts';
import { isNrrd } from './header.ts';

const mostBytes = 2 ** 20;
/** Fields of the format itself; anything may stand in the others. */
const described =
  /^(type|dimension|space|space dimension|sizes|space directions|space origin|kinds|endian|encoding|spacings|thicknesses|axis mins|axis maxs|centers|centerings|units|space units|measurement frame|line skip|byte skip)$/i;

/** @throws PrecedentError `unreadable` */
export async function nrrdHeaderRows(
  path: string,
  { masked, characters = shownCharacters }: { readonly masked: boolean; readonly characters?: number },
): Promise<HeaderRow[]> {
  const file = await openForReading(path);
  try {
    const bytes = Buffer.alloc(mostBytes);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    if (!isNrrd(bytes.subarray(0, bytesRead))) throw new PrecedentError('unreadable', 'not a NRRD file');
    const [header] = bytes
      .subarray(0, bytesRead)
      .toString('utf8')
      .split(/\r?\n\r?\n/, 1);
    return header
      .split(/\r?\n/)
      .slice(1)
      .flatMap((line) => {
        const parts = /^([^#:][^:]*):(=| )(.*)$/.exec(line);
        if (!parts) return [];
        const [, name, kind, whole] = parts;
        const identifying = kind === '=' || !described.test(name);
        const value = masked && identifying ? '' : whole;
        const cut = value.length > characters;
        const vr = kind === '=' ? 'key' : 'field';
        return [
          {
            path: name,
            depth: 0,
            tag: '',
            name,
            vr,
            value: value.slice(0, characters),
            cut,
            private: false,
            identifying,
          },
        ];
      });
  } finally {
    await file.close();
  }
}
