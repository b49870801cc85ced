/**
 * Writes into the audit that a library was encrypted or decrypted, or that other secrets open it than before. That is done while it
 * is closed, from the command line too, so that it is found at the next opening by what the key file was at the last.
 */
import { createHash } from 'node:crypto';
import { readKeyFile } from '../files/keyFile.ts';
import type { Library } from './library.ts';

const name = 'keyFile';
const none = 'none';

export async function noteEncryption({ layout, db, reads, writes, audit }: Library): Promise<void> {
  const file = await readKeyFile(layout.root);
  const now = file ? createHash('sha256').update(JSON.stringify(file)).digest('hex') : none;
  const before = reads.setting(name) ?? none;
  if (now === before) return;
  const what =
    before === none ? 'encrypted' : now === none ? 'decrypted' : 'what opens the encrypted library';
  db.transaction(() => {
    writes.setSetting(name, now);
    audit.append([{ action: 'setting', subject: '', detail: { what } }]);
  })();
}
