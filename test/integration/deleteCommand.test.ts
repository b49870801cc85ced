/** `precedent delete`: says what would go, deletes it, and refuses what is not there. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeletionPlan } from '../../native/contract/deletion.ts';
import type { LesionRow, PatientRow } from '../../native/contract/model.ts';
import { bigLibrary } from '../support/bigCatalog.ts';
import { precedent, precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';

let folder: string;
let library: string[];
beforeAll(async () => {
  folder = await temporaryFolder();
  await bigLibrary(join(folder, 'library'), 20);
  library = ['--library', join(folder, 'library')];
});
afterAll(() => removeFolder(folder));

test('a patient and a lesion, by the ids of the lists', async () => {
  const [first, second] = await precedentJson<PatientRow[]>('list', 'patients', ...library);
  const dry = await precedent('delete', 'patient', first.id, '--dry-run', ...library);
  expect(dry.stdout).toBe('would delete 1 patient, 1 study, 1 volume, 10 lesions; no backup holds it\n');
  const gone = await precedentJson<DeletionPlan>('delete', 'patient', first.id, ...library);
  expect(gone).toMatchObject({ patients: 1, studies: 1, volumes: 1, lesions: 10, backups: 0 });
  const left = await precedentJson<LesionRow[]>('list', ...library);
  expect(left.map(({ patient }) => patient)).toEqual(Array(10).fill(second.patient));
  // Nobody can say what it holds.
  const damaged = join(folder, 'library/set-aside/dated/catalog.sqlite');
  mkdirSync(dirname(damaged), { recursive: true });
  writeFileSync(damaged, 'damaged');
  const told = 'deleted 1 lesion; and what may hold it: 1 catalog or copy that was set aside\n';
  const one = await precedent('delete', 'lesion', left[0].id, ...library);
  expect(one).toMatchObject({ code: 0, stdout: told });
  expect(existsSync(damaged)).toBe(false);
});

test('what is not there is an error, another kind wrong usage', async () => {
  const none = await precedent('delete', 'study', 'stu-none', ...library);
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no such study') });
  expect(await precedent('delete', 'series', 'x', ...library)).toMatchObject({ code: 2 });
});
