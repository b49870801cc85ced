/** The text of a PDF by PDF.js, with nothing fetched or run, and refused where it unpacks to more than a report needs. */
import type { PDFPageProxy } from 'unpdf/pdfjs';
import { PrecedentError } from '../contract/errors.ts';
import { checkPdf } from './pdfGuard.ts';
import { maxReportBytes, tidyText } from './plainText.ts';

export const maxPdfBytes = 64 * 2 ** 20;
const maxPages = 500;

/**
 * The text of all pages, in the order in which the file draws it.
 * @throws PrecedentError `unreadable` when it is no PDF or a damaged one; `unsupported` when it needs a password or holds
 *   no text; `limit` above 64 MB, 500 pages, 128 MB unpacked or 1 MB of text
 */
export async function pdfText(bytes: Uint8Array): Promise<string> {
  if (bytes.length > maxPdfBytes) throw new PrecedentError('limit', 'the PDF is larger than 64 MB');
  await checkPdf(bytes);
  // Loaded when the first PDF comes: most imports have none.
  const { getResolvedPDFJS } = await import('unpdf');
  const { getDocument } = await getResolvedPDFJS();
  const loading = getDocument({
    // A copy, because PDF.js takes the bytes away from their owner.
    data: Uint8Array.from(bytes),
    verbosity: 0,
    disableFontFace: true,
    useSystemFonts: false,
    useWorkerFetch: false,
    useWasm: false,
    enableXfa: false,
    maxImageSize: 1,
  });
  try {
    const pdf = await loading.promise;
    if (pdf.numPages > maxPages) throw new PrecedentError('limit', 'the PDF has more than 500 pages');
    let text = '';
    for (let n = 1; n <= pdf.numPages; n++) text += await pageText(await pdf.getPage(n), text.length);
    if (text.trim() === '')
      throw new PrecedentError('unsupported', 'the PDF holds pictures of pages and no text');
    return tidyText(text);
  } catch (thrown) {
    if (thrown instanceof PrecedentError) throw thrown;
    if (thrown instanceof Error && thrown.name === 'PasswordException')
      throw new PrecedentError('unsupported', 'the PDF is protected by a password');
    throw new PrecedentError('unreadable', 'not a PDF, or a damaged one');
  } finally {
    await loading.destroy();
  }
}

/** @param before characters that were read already: text without end stops at once */
async function pageText(page: PDFPageProxy, before: number): Promise<string> {
  let text = '';
  const reader = page.streamTextContent().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    for (const item of value.items) if ('str' in item) text += item.hasEOL ? `${item.str}\n` : item.str;
    if (before + text.length > 4 * maxReportBytes) {
      await reader.cancel(new Error('too much text'));
      throw new PrecedentError('limit', 'the report is longer than 1 MB of text');
    }
  }
  page.cleanup();
  return `${text}\n\n`;
}
