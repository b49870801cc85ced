/** What stands in a PDF, as a reader of it would see it. */
import { getResolvedPDFJS } from 'unpdf';
import { expect } from 'vitest';

export async function readPdf(bytes: Buffer): Promise<{ text: string; pages: number; pictures: number }> {
  expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
  const { getDocument, OPS } = await getResolvedPDFJS();
  const loading = getDocument({ data: Uint8Array.from(bytes), verbosity: 0 });
  const pdf = await loading.promise;
  let [text, pictures] = ['', 0];
  for (let n = 1; n <= pdf.numPages; n++) {
    const one = await pdf.getPage(n);
    const { items } = await one.getTextContent();
    text += items.map((item) => ('str' in item ? item.str : '')).join(' ');
    const { fnArray } = await one.getOperatorList();
    pictures += fnArray.filter((operation) => operation === OPS.paintImageXObject).length;
  }
  await loading.destroy();
  return { text: text.replaceAll(/\s+/g, ' '), pages: pdf.numPages, pictures };
}
