/** Looks for texts in every file below a folder, as they stand there in any of the ways that files spell letters. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Where which of the texts stand, as "path: text"; a file that is gone meanwhile holds nothing. */
export function canariesIn(folder: string, texts: readonly string[]): string[] {
  const spellings = texts.flatMap((text) => [
    { text, bytes: Buffer.from(text, 'utf8') },
    { text, bytes: Buffer.from(text, 'utf16le') },
  ]);
  return filesIn(folder).flatMap((path) => {
    const content = read(path);
    return spellings
      .filter(({ bytes }) => content.includes(bytes))
      .map(({ text }) => `${relative(folder, path)}: ${text}`);
  });
}

export function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
