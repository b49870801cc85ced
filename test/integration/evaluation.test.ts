/** What an evaluation has learned, from the command line: printed, kept for searches where that is asked for, and withheld when stale. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SearchResult } from '../../native/contract/engine.ts';
import type { LesionRow } from '../../native/contract/model.ts';
import { writeCase } from '../support/balls.ts';
import { openEngine, precedent, precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';

const cases = 12;
let folder: string;
let library: string;
let lesions: LesionRow[];
const search = (...args: string[]) =>
  precedentJson<SearchResult>('search', '--library', library, '--lesion', lesions[0].id, ...args);

beforeAll(async () => {
  folder = await temporaryFolder();
  library = join(folder, 'library');
  for (let n = 1; n <= cases; n++) await writeCase(join(folder, 'balls'), `case${n}`, n, [20]);
  const rows = Array.from({ length: cases }, (_, n) => `case${n + 1},${1 + (n % 5)}`);
  await writeFile(join(folder, 'labels.csv'), `case,grade\n${rows.join('\n')}\n`);
  await precedentJson('import', join(folder, 'balls'), '--labels', join(folder, 'labels.csv'), '--library', library); // biome-ignore format: one command
  lesions = await precedentJson<LesionRow[]>('list', '--library', library);
});
afterAll(() => removeFolder(folder));

test('an evaluation prints differences and calibration, and changes no search', async () => {
  const evaluate = ['evaluate', '--library', library, '--field', 'grade', '--classes', 'low=1-2,high=3-5'];
  const { stdout, code } = await precedent(...evaluate, '--calibrate');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^fused - lesion +-?\d\.\d{3} \(/m);
  expect(stdout).toMatch(
    /^calibration of lesion: weighted mean error 0\.\d{3} \(0\.\d{3}–0\.\d{3}\)\nexpected +observed +hits$/m,
  );
  expect(stdout).not.toContain('calibration of fused');
  expect((await search()).expected).toBeUndefined();
  const one = await precedent(...evaluate, '--method', 'fused', '--calibrate');
  expect(one.stdout).toContain('no method whose scores compare');
});

test('kept, it says of a search what its hits are worth, until many lesions have lost their class', async () => {
  await precedentJson('evaluate', '--library', library, '--field', 'grade', '--classes', 'low=1-2,high=3-5', '--keep'); // biome-ignore format: one command
  const { expected, hits } = await search();
  expect(hits).toHaveLength(10);
  expect(expected).toMatchObject({ field: 'grade', hits: hits.map(() => expect.any(Number)) });
  expect(expected?.pairs).toBeGreaterThanOrEqual(30);
  expect((await search('--include-same-patient')).expected).toBeUndefined();
  const text = await precedent('search', '--library', library, '--lesion', lesions[0].id);
  expect(text.stderr).toMatch(
    /of hits this near, \d+% in this library shared the grade class \(n = \d+\); by chance \d+%/,
  );

  const { engine } = await openEngine(library);
  for (const { id } of lesions.slice(0, 3)) {
    const { expected: still } = await engine.call('search.run', { query: { lesion: lesions[5].id } });
    expect(still).toBeDefined();
    await engine.call('lesion.label', { lesion: id, name: 'grade', value: null });
  }
  const stale = await engine.call('search.run', { query: { lesion: lesions[5].id } });
  expect(stale.expected).toBeUndefined();
  expect(stale.notes.join()).toContain('evaluate it again');
});

test('the engine writes an evaluation where it was granted to, and in no format that it does not know', async () => {
  const host = await openEngine(library);
  const evaluation = await host.engine.call('evaluate.run', { field: 'grade', methods: ['lesion'] });
  const save = (name: string) =>
    host.engine.call('evaluate.save', { evaluation, target: host.grant(join(folder, name), 'write') });
  expect((await save('grade.csv')).bytes).toBeGreaterThan(500);
  await expect(save('grade.docx')).rejects.toMatchObject({ kind: 'usage' });
  const read = host.grant(join(folder, 'labels.csv'), 'read');
  await expect(host.engine.call('evaluate.save', { evaluation, target: read })).rejects.toMatchObject({ kind: 'refused' }); // biome-ignore format: one request
});
