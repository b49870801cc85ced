/** Writes measurements as a table (CSV) where the user chose; it names volumes by their ids and no patient. */
import { type MeasuredRow, measures } from '../contract/annotations.ts';
import { writeFileAtomic } from '../files/files.ts';

/** Throws `storage`. */
export async function saveMeasurements(
  rows: readonly MeasuredRow[],
  target: string,
): Promise<{ bytes: number }> {
  const bytes = Buffer.from(measurementTable(rows));
  await writeFileAtomic(target, bytes);
  return { bytes: bytes.length };
}

const researchUse = 'Research use, not for primary diagnosis.';

/** One row a measurement; a value that its kind does not have stays empty. */
export function measurementTable(rows: readonly MeasuredRow[]): string {
  const head = ['kind', 'label', 'volume', 'plane', 'slice', ...measures, 'createdAt', 'use'];
  const lines = rows.map(({ kind, label, volume, plane, slice, values, createdAt }) => {
    const found = measures.map((measure) => values[measure] ?? '');
    return [kind, label, volume, plane, slice, ...found, createdAt, researchUse].map(cell).join(',');
  });
  return `${head.join(',')}\r\n${lines.join('\r\n')}\r\n`;
}

/** A text that a spreadsheet would take for a formula gets an apostrophe before it. */
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
