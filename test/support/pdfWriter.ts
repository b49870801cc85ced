/** Writes small PDF files for tests: pages of text lines in Helvetica, plain or deflated, and bare objects for odd ones. */
import { deflateSync } from 'node:zlib';

export interface PdfOptions {
  readonly deflated?: boolean;
  /** Entries that are added to the trailer. */
  readonly trailer?: string;
}

/** A PDF of the given content streams, one a page. */
export function pdfOfStreams(
  streams: readonly (string | Uint8Array)[],
  options: PdfOptions = {},
): Uint8Array {
  const kids = streams.map((_, n) => `${4 + 2 * n} 0 R`).join(' ');
  const objects: (string | Uint8Array)[] = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${streams.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  ];
  for (const [n, stream] of streams.entries()) {
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${5 + 2 * n} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
      streamObject(stream, options.deflated),
    );
  }
  return pdfOfObjects(objects, options.trailer);
}

export function streamObject(content: string | Uint8Array, deflated = false): Uint8Array {
  const raw = Buffer.from(typeof content === 'string' ? Buffer.from(content, 'latin1') : content);
  const bytes = deflated ? deflateSync(raw, { level: 9 }) : raw;
  const filter = deflated ? ' /Filter /FlateDecode' : '';
  return Buffer.concat([
    Buffer.from(`<< /Length ${bytes.length}${filter} >>\nstream\n`),
    bytes,
    Buffer.from('\nendstream'),
  ]);
}

/** A PDF of numbered objects from 1, the first of which is the catalog. */
export function pdfOfObjects(objects: readonly (string | Uint8Array)[], trailer = ''): Uint8Array {
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n')];
  const offsets: number[] = [];
  let at = parts[0].length;
  for (const [n, object] of objects.entries()) {
    const body = typeof object === 'string' ? Buffer.from(object, 'latin1') : Buffer.from(object);
    const part = Buffer.concat([Buffer.from(`${n + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')]);
    offsets.push(at);
    at += part.length;
    parts.push(part);
  }
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const count = objects.length + 1;
  parts.push(
    Buffer.from(
      `xref\n0 ${count}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${count} /Root 1 0 R ${trailer} >>\nstartxref\n${at}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

/** Pages of lines, each line drawn 16 points below the last. */
export function pdfOfLines(pages: readonly (readonly string[])[], options: PdfOptions = {}): Uint8Array {
  const streams = pages.map((lines) => {
    const drawn = lines.map((line) => `(${line.replace(/[()\\]/g, '\\$&')}) Tj 0 -16 Td`).join('\n');
    return `BT /F1 12 Tf 72 770 Td\n${drawn}\nET`;
  });
  return pdfOfStreams(streams, options);
}
