/** Reads the stored values of slices from their files, holding one file, or one frame of a large one, at a time. */
import type { Hash } from 'node:crypto';
import { PrecedentError } from '../contract/errors.ts';
import { systemError } from '../contract/systemErrors.ts';
import { codeOf } from '../files/errorCode.ts';
import { contentSize, openForReading, readContent, readPieces } from '../files/files.ts';
import { explicitLittleEndian, implicitLittleEndian } from './dataset.ts';
import { readFileHeader } from './fileHeader.ts';
import { type DicomHeader, readHeader } from './header.ts';
import { maxFileBytes } from './limits.ts';
import { sliceFrames } from './multiframe.ts';
import { pixelLayout, type SliceFile } from './slices.ts';
import { decodePixels, type PixelLayout } from './transferSyntax.ts';

/** Frames lie one after another at known places only where pixel data are not compressed. */
const uncompressed = new Set([implicitLittleEndian, explicitLittleEndian, '1.2.840.10008.1.2.2']);

export interface StoredSlice {
  /** The frame's header as it is in the file now. */
  readonly header: DicomHeader;
  readonly layout: PixelLayout;
  /** rows·columns stored values, row by row. */
  readonly stored: Int32Array;
}

interface OpenFile {
  readonly path: string;
  readonly frames: readonly SliceFile[];
  /** The frames are read one by one; otherwise the headers hold the whole file. */
  readonly piecewise: boolean;
}

export class SliceReader {
  readonly #hash: Hash | undefined;
  readonly #hashed = new Set<string>();
  #file: OpenFile | undefined;

  /** @param hash takes the bytes of every file once, in the order of first use */
  constructor(hash?: Hash) {
    this.#hash = hash;
  }

  /** The stored values of a planned slice. @throws PrecedentError when its file has changed or cannot be decoded */
  async read(slice: SliceFile): Promise<StoredSlice> {
    const file = this.#file?.path === slice.path ? this.#file : await readable(this.#open(slice.path));
    this.#file = file;
    const header = file.frames[slice.frame]?.header;
    if (!header || header.sopInstanceUid !== slice.header.sopInstanceUid) throw changed();
    const layout = pixelLayout(header);
    if (layout.rows !== slice.header.rows || layout.columns !== slice.header.columns) throw changed();
    const stored = file.piecewise
      ? await decodePixels(await readable(frameAlone(slice, header, layout)), layout, 0)
      : await decodePixels(header, layout, slice.frame);
    return { header, layout, stored };
  }

  async #open(path: string): Promise<OpenFile> {
    // The file before is let go first: two large ones need not fit side by side.
    this.#file = undefined;
    const { header } = await readFileHeader(path);
    const piecewise = (header.numberOfFrames ?? 1) > 1 && uncompressed.has(header.transferSyntax);
    if (piecewise) {
      if (this.#isNew(path)) for await (const chunk of readPieces(path)) this.#hash?.update(chunk);
      return { path, piecewise, frames: sliceFrames(path, header) };
    }
    const size = await contentSize(path);
    if (size > maxFileBytes) throw new PrecedentError('limit', 'the file is too large for a CT slice');
    const bytes = await readContent(path);
    if (this.#isNew(path)) this.#hash?.update(bytes);
    return { path, piecewise, frames: sliceFrames(path, readHeader(bytes)) };
  }

  #isNew(path: string): boolean {
    if (!this.#hash || this.#hashed.has(path)) return false;
    this.#hashed.add(path);
    return true;
  }
}

/** The header of an uncompressed frame with that frame's bytes as its only ones. */
async function frameAlone(
  { path, frame }: SliceFile,
  header: DicomHeader,
  { rows, columns, bitsAllocated }: PixelLayout,
): Promise<DicomHeader> {
  const length = (rows * columns * bitsAllocated) / 8;
  const { offset = 0, length: whole = 0 } = header.pixelData ?? {};
  if ((frame + 1) * length > whole)
    throw new PrecedentError('unreadable', 'the length of the pixel data does not match rows and columns');
  const bytes = Buffer.alloc(length);
  const file = await openForReading(path);
  try {
    const { bytesRead } = await file.read(bytes, 0, length, offset + frame * length);
    if (bytesRead !== length) throw changed();
  } finally {
    await file.close();
  }
  return { ...header, bytes, pixelData: { offset: 0, length }, numberOfFrames: 1 };
}

/** A scratched CD or a lost share is a fault of the file that is read, not of the library's disk. */
async function readable<T>(step: Promise<T>): Promise<T> {
  return step.catch((thrown: unknown) => {
    if (!(thrown instanceof Error && 'syscall' in thrown)) throw thrown;
    const code = codeOf(thrown);
    const why = code === 'ENOENT' ? 'it is no longer there' : (systemError(code)?.what ?? code);
    throw new PrecedentError('unreadable', `a file of the series cannot be read: ${why}`);
  });
}

function changed(): PrecedentError {
  return new PrecedentError('unreadable', 'a file of the series changed while it was read');
}
