// Writes native/dicom/dictionaryRows.ts: tag, VR and keyword of every attribute of PS3.6, as dcmjs (MIT) lists them.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import dcmjs from 'dcmjs';

const { nameMap } = dcmjs.data.DicomMetaDictionary;
const rows = Reflect.ownKeys(nameMap)
  .map((name) => nameMap[name])
  // Commands of the network protocol (group 0000) stand in no file.
  .filter(({ tag, version }) => version === 'DICOM' && /^\((?!0000)[\da-f]{4},[\da-f]{4}\)$/i.test(tag))
  .map(({ tag, vr, name }) => [tag.replaceAll(/[(),]/g, '').toLowerCase(), vr, name.replace(/^RETIRED_/, '')])
  .map((row) => row.join(':'))
  .sort();
const lines = [''];
for (const row of rows) {
  const line = lines[lines.length - 1];
  if (line !== '' && line.length + row.length > 114) lines.push(row);
  else lines[lines.length - 1] = line === '' ? row : `${line} ${row}`;
}
const text = `/**
 * The attributes of PS3.6, one token a row: tag, VR, keyword. Written by
 * tools/dicom/writeDictionary.mjs.
 */
export const dictionaryRows = \`
${lines.join('\n')}
\`;
`;
writeFileSync(resolve(import.meta.dirname, '../../native/dicom/dictionaryRows.ts'), text);
process.stdout.write(`${rows.length} attributes\n`);
