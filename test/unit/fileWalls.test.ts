/** Files are written through native/files: who else imports what can write is listed here, with the reason. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Whatever of node:fs and node:fs/promises reads only. */
const reads =
  /^(type \w+|constants|(access|exists|lstat|readFile|readdir|readlink|realpath|stat|statfs|fstat|read)(Sync)?|createReadStream|closeSync)$/;

const excused: Readonly<Record<string, string>> = {
  'native/files/files.ts': 'the layer itself',
  'native/cli/commands.ts': 'a folder in the system’s temporary place for a command without a library',
  'native/catalog/backup.ts': 'removes the copy that SQLite itself wrote and that was not the same',
  'native/cli/doctor.ts': 'removes a measurement outside of any library when it is asked to',
  'electron/command.ts': 'a profile in the system’s temporary place for a command without a window',
  'electron/log.ts': 'the log lies beside the settings and is written while everything else may fail',
};
/** What would open a file to be written; without it `open` only reads. */
const opensToWrite = /['"](r\+|[wa]x?\+?)['"]|O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)/;

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** What a file imports of node:fs, by name; all of it for an import as a whole. */
function importedOfFs(text: string): string[] {
  const names: string[] = [];
  for (const [, what] of text.matchAll(/^import\s+([\w*{},\s]+?)\s+from\s+'(?:node:)?fs(?:\/promises)?'/gm)) {
    if (what.startsWith('type ')) continue;
    const list = /^\{([^}]*)\}$/s.exec(what.trim())?.[1];
    names.push(...(list === undefined ? [what] : list.split(',').map((name) => name.trim())));
  }
  return names.filter((name) => name !== '');
}

test('nothing in native and electron but the layer writes files', () => {
  const files = [...sources('native'), ...sources('electron')];
  const found: string[] = [];
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const name of importedOfFs(text)) {
      if (reads.test(name) || file in excused) continue;
      if (/^open(Sync)?$/.test(name) && !opensToWrite.test(text)) continue;
      found.push(`${file}: ${name}`);
    }
    if (/require\(['"](node:)?fs|import\(['"](node:)?fs/.test(text))
      found.push(`${file}: imports fs as it runs`);
  }
  expect(found).toEqual([]);
  expect(files.length).toBeGreaterThan(100);
});

test('each excuse is still needed', () => {
  for (const file of Object.keys(excused)) {
    const names = importedOfFs(readFileSync(join(root, file), 'utf8'));
    expect([file, names.some((name) => !reads.test(name))]).toEqual([file, true]);
  }
});
