/** Reads the header of a DICOM file on disk without reading its pixels. */

import { PrecedentError } from '../contract/errors.ts';
import { openForReading } from '../files/files.ts';
import { type DicomHeader, readHeader } from './header.ts';
import { maxHeaderBytes } from './limits.ts';

/** Enough for almost every CT header; where it is not, eight times as much is read, and so on. */
const firstChunkBytes = 64 * 1024;

/** The header of a file, reading no more of it than needed. @throws PrecedentError `unreadable` or `limit` */
export async function readFileHeader(path: string): Promise<{ header: DicomHeader; fileBytes: number }> {
  const file = await openForReading(path);
  try {
    const { size } = await file.stat();
    for (let length = firstChunkBytes; ; length *= 8) {
      const buffer = Buffer.alloc(Math.min(length, size));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead < buffer.length)
        throw new PrecedentError('unreadable', 'the file changed while it was read');
      const header = readHeader(buffer, size);
      if (header.complete || buffer.length >= size || (header.modality && header.modality !== 'CT')) {
        return { header, fileBytes: size };
      }
      if (8 * length > maxHeaderBytes) throw new PrecedentError('limit', 'the header is too long');
    }
  } finally {
    await file.close();
  }
}
