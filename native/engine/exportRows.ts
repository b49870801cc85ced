/** Writes the rows of a catalog as they are: what can be taken out of a library whose catalog is damaged. */
import { type Database, plainTables } from '../catalog/database.ts';
import { createPackage } from '../files/package.ts';

/** A file of JSON lines for each table, bytes in base64. Throws `refused` where something lies at the place, `storage`. */
export async function exportRows(db: Database, target: string): Promise<{ tables: number; rows: number }> {
  const files = await createPackage(target);
  let [tables, rows] = [0, 0];
  try {
    for (const table of plainTables(db)) {
      // Not one string, which could not hold a large table's.
      const lines: Buffer[] = [];
      for (const row of db.prepare(`SELECT * FROM ${table}`).iterate() as Iterable<object>)
        lines.push(Buffer.from(`${JSON.stringify(row, asText)}\n`));
      if (lines.length === 0) continue;
      await files.add(`${table}.jsonl`, Buffer.concat(lines));
      tables++;
      rows += lines.length;
    }
    await files.commit();
  } catch (error) {
    await files.abandon();
    throw error;
  }
  return { tables, rows };
}

/** JSON.stringify meets a Buffer as what its toJSON gives. */
function asText(_: string, value: unknown): unknown {
  const bytes = value as { type?: unknown; data?: unknown } | null;
  return bytes?.type === 'Buffer' && Array.isArray(bytes.data)
    ? Buffer.from(bytes.data as number[]).toString('base64')
    : value;
}
