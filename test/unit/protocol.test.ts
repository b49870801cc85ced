/** `precedent:` against the corpus, request by request, and what it does serve. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answer } from '../../electron/answer.ts';
import { listStaticFiles, type StaticFile } from '../../electron/staticFiles.ts';
import { figure } from '../support/figures.ts';
import { type ProtocolCase, protocolCases, servedAddresses } from '../support/protocolCorpus.ts';
import { fillLibrary, fillPage, goodPicture, goodVoxels, secret } from '../support/protocolFolders.ts';

let folder: string;
let files: ReadonlyMap<string, StaticFile>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-protocol-'));
  await fillLibrary(folder);
  await fillPage(folder);
  files = await listStaticFiles(join(folder, 'page'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ask({ address, method = 'GET', headers = {} }: Omit<ProtocolCase, 'group'>) {
  const asked = { method, url: `precedent://${address}`, headers: new Headers(headers) };
  const response = await answer(asked, files, folder);
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

test.each([...new Set(protocolCases.map(({ group }) => group))])('%s are refused', async (group) => {
  const cases = protocolCases.filter((one) => one.group === group);
  for (const one of cases) {
    const { status, body } = await ask(one);
    const shown = `${one.method ?? 'GET'} ${one.address.slice(0, 100)}`;
    expect([shown, status >= 400 && status < 500]).toEqual([shown, true]);
    const said = body.toString();
    expect(said).toMatch(/^[^\n]{1,80}$/);
    expect(said).not.toContain(secret);
    expect(said).not.toMatch(/\/(tmp|etc|home|root)|library\/|\.vox|\.png/);
  }
  figure(`requests of the protocol refused: ${group}`, cases.length);
});

test('the corpus holds more than 200 different requests', () => {
  expect(new Set(protocolCases.map((one) => JSON.stringify(one))).size).toBe(protocolCases.length);
  expect(protocolCases.length).toBeGreaterThan(200);
});

test.each(servedAddresses)('%s is served', async (address) => {
  const { status, body } = await ask({ address });
  expect(status).toBe(200);
  expect(body.length).toBeGreaterThan(0);
});

test('voxels and pictures are served byte for byte', async () => {
  const { body } = await ask({ address: 'voxels/good?box=1,2,0,3,3,5' });
  const expected: number[] = [];
  for (let k = 0; k <= 5; k++)
    for (let j = 2; j <= 3; j++) for (let i = 1; i <= 3; i++) expected.push(goodVoxels[i + 5 * (j + 4 * k)]);
  expect([...new Int16Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.length))]).toEqual(
    expected,
  );
  expect((await ask({ address: 'thumbnails/good' })).body).toEqual(goodPicture);
});

test('a damaged file is an error, and its bytes are not sent', async () => {
  expect((await ask({ address: 'voxels/torn?slices=5-5' })).status).toBe(500);
  expect((await ask({ address: 'voxels/empty?slices=0-0' })).status).toBe(500);
});

test.each([
  '',
  'nonsense',
  'precedent:',
  'https://example.invalid/',
  'file:///etc/passwd',
  'precedent://[/x',
])('the address "%s" is none', async (url) => {
  const response = await answer({ method: 'GET', url, headers: new Headers() }, files, folder);
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
});

test('nothing of a library is served while none is open', async () => {
  const asked = { method: 'GET', url: 'precedent://thumbnails/good', headers: new Headers() };
  expect((await answer(asked, files, null)).status).toBe(404);
});
