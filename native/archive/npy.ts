/** Matrices of float16 as NumPy stores arrays, so that any program can read them (NumPy Enhancement Proposal 1, version 1.0). */
import { PrecedentError } from '../contract/errors.ts';

const magic = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
/** What comes before the data is a multiple of this long. */
const alignment = 64;

/** What a file of `rows` vectors of `dim` float16 begins with. */
export function npyHeader(rows: number, dim: number): Uint8Array {
  const text = `{'descr': '<f2', 'fortran_order': False, 'shape': (${rows}, ${dim}), }`;
  const length = Math.ceil((magic.length + 2 + text.length + 1) / alignment) * alignment;
  const out = Buffer.alloc(length, ' ');
  magic.copy(out);
  out.writeUInt16LE(length - magic.length - 2, magic.length);
  out.write(text, magic.length + 2, 'latin1');
  out.write('\n', length - 1);
  return out;
}

/**
 * The vectors of a file as stored: little-endian float16, `dim` of them each.
 * @throws PrecedentError `unreadable` for anything but a two-dimensional float16 array in C order, whole
 */
export function readNpy(file: Uint8Array): { rows: number; dim: number; vector(row: number): Uint8Array } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const begin = magic.length + 2;
  const data = begin + (bytes.length >= begin ? bytes.readUInt16LE(magic.length) : 0);
  const text = bytes.toString('latin1', begin, data);
  const shape = /'descr': '<f2', 'fortran_order': False, 'shape': \((\d{1,10}), (\d{1,10})\)/.exec(text);
  const [rows, dim] = [Number(shape?.[1]), Number(shape?.[2])];
  if (!shape || !bytes.subarray(0, magic.length).equals(magic) || bytes.length - data !== 2 * rows * dim)
    throw new PrecedentError('unreadable', 'this is no whole matrix of float16 in NumPy’s format');
  return {
    rows,
    dim,
    vector(row) {
      if (!(Number.isInteger(row) && row >= 0 && row < rows))
        throw new PrecedentError('unreadable', 'a vector is named that the matrix does not hold');
      return bytes.subarray(data + 2 * dim * row, data + 2 * dim * (row + 1));
    },
  };
}
