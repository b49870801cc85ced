import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Evaluation, SearchResult } from '../../native/contract/engine.ts';
import type { ImportReport } from '../../native/contract/jobs.ts';
import type { LesionRow } from '../../native/contract/model.ts';
import { editCatalog } from '../support/editCatalog.ts';
import {
  childrenOf,
  commandOf,
  openEngine,
  precedent,
  precedentJson,
  removeFolder,
  temporaryFolder,
} from '../support/precedent.ts';

describe('on the generated phantoms', () => {
  let folder: string;
  let library: string;
  let report: ImportReport;
  let lesions: LesionRow[];

  beforeAll(async () => {
    folder = await temporaryFolder();
    library = join(folder, 'library');
    report = await precedentJson('demo', '--library', library, '--patients', '8', '--seed', '3');
    lesions = await precedentJson('list', '--library', library);
  }, 240_000);
  afterAll(() => removeFolder(folder));

  test('the demonstration is labelled, measured and diagnosed', () => {
    expect(report.imported.patients).toBe(8);
    expect(report.imported.lesions).toBe(lesions.length);
    expect(report.skipped.filter(({ path }) => path.endsWith('.dcm'))).toEqual([]);
    for (const { labels, diagnosis, volumeMl, diameterMm, diameter3dMm } of lesions) {
      expect(labels.kind).toBeTruthy();
      expect(diagnosis?.proof).toBeTruthy();
      expect(volumeMl).toBeGreaterThan(0);
      expect(diameter3dMm).toBeGreaterThanOrEqual(diameterMm);
    }
  });

  test('search filters by label and limits hits a patient', async () => {
    const [{ id, patient }] = lesions;
    const kinds = [...new Set(lesions.filter((l) => l.patient !== patient).map(({ labels }) => labels.kind))];
    const result = await precedentJson<SearchResult>(
      'search', '--library', library, '--lesion', id, '--where', `kind=${kinds[0]}`, '--hits-per-patient', '5',
    ); // biome-ignore format: one command
    const wanted = lesions.filter((l) => l.labels.kind === kinds[0] && l.patient !== patient);
    expect(new Set(result.hits.map(({ lesion }) => lesion))).toEqual(new Set(wanted.map((l) => l.id)));
    const one = await precedentJson<SearchResult>('search', '--library', library, '--lesion', id);
    expect(new Set(one.hits.map((hit) => hit.patient)).size).toBe(one.hits.length);
    expect(one.hits.map(({ score }) => score)).toEqual(
      one.hits.map(({ score }) => score).sort((a, b) => b - a),
    );
  });

  test('filters are saved as a set and used by name, together with others; words rank what passes', async () => {
    const large = lesions.filter(({ diameterMm }) => diameterMm >= 15);
    expect(large.length).toBeGreaterThan(1);
    const set = ['--save', 'large ones', '--where', 'size=15..', '--where', 'proven=!'];
    expect(await precedentJson('filters', '--library', library, ...set)).toEqual([
      { name: 'large ones', where: [{ field: 'size', value: '15..' }, { field: 'proven', value: '!' }] },
    ]); // biome-ignore format: one set
    const search = (...args: string[]) =>
      precedentJson<SearchResult>(
        'search',
        '--library',
        library,
        '--hits-per-patient',
        '50',
        '--top',
        '100',
        ...args,
      );
    const found = await search('--text', 'lesion', '--set', 'large ones');
    expect(new Set(found.hits.map(({ lesion }) => lesion))).toEqual(new Set(large.map(({ id }) => id)));
    const [{ labels }] = large;
    const narrowed = await search('--text', `organ:${labels.organ}`, '--set', 'large ones');
    expect(narrowed.searched).toBe(large.filter((l) => l.labels.organ === labels.organ).length);
    const unknown = await precedent('search', '--library', library, '--text', 'x', '--set', 'none');
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no set of filters "none"; saved are: large ones/),
    });
    expect(await precedentJson('filters', '--library', library, '--remove', 'large ones')).toEqual([]);
  });

  test('lesions that were taken in before outlines were measured get theirs in the background, and the words for it', async () => {
    const outlines = async () =>
      (await precedentJson<LesionRow[]>('list', '--library', library)).map((l) => l.outline);
    const before = await outlines();
    expect(before).not.toContain(undefined);
    editCatalog(library, (db) =>
      db.exec('UPDATE lesion SET sphericity = NULL, convexity = NULL, edgeMm = NULL'),
    );
    const [bare] = await precedentJson<LesionRow[]>('list', '--library', library);
    // The evaluation waits for the background.
    await precedentJson('evaluate', '--library', library, '--field', 'organ');
    expect(await outlines()).toEqual(before);
    const [{ caption }] = await precedentJson<LesionRow[]>('list', '--library', library);
    expect(caption).toMatch(/ outline/);
    expect(caption.startsWith(bare.caption.replace(/, \w+( \w+)* outline.*$/, ''))).toBe(true);
  });

  test('train answers test where a split says so', async () => {
    const evaluate = ['evaluate', '--library', library, '--field', 'organ'];
    const all = await precedentJson<Evaluation>(...evaluate);
    const split = await precedentJson<Evaluation>(
      ...evaluate,
      '--queries',
      'split=test',
      '--gallery',
      'split=train',
    );
    const asked = lesions.filter(({ labels }) => labels.split === 'test').length;
    expect(split.n + split.skipped).toBe(asked);
    expect(all.n + all.skipped).toBe(lesions.length);
  });

  test('the encoder is deterministic, and embeds files without a library', async () => {
    const check = await precedentJson<{ deterministic: boolean; encoder: { id: string; dim: number } }>(
      'encoders',
      'check',
    );
    expect(check.deterministic).toBe(true);
    const [lesion] = lesions;
    const [image, mask] = [join(folder, 'a.nii.gz'), join(folder, 'a_mask.nii.gz')];
    await precedentJson('export', '--library', library, '--volume', lesion.volume, '--to', image);
    await precedentJson('export', '--library', library, '--lesion', lesion.id, '--to', mask);
    const embed = (...args: string[]) =>
      precedentJson<{ encoder: string; input: string; dim: number; vector: number[] }[]>(
        'encoders',
        'embed',
        ...args,
      );
    const [[both], [alone], [whole]] = [
      await embed('--input', image, '--mask', mask),
      await embed('--mask', mask),
      await embed('--input', image),
    ];
    for (const { vector, dim, encoder } of [both, whole]) {
      expect(encoder).toBe(check.encoder.id);
      expect(vector).toHaveLength(check.encoder.dim);
      expect(dim).toBe(check.encoder.dim);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
    }
    // A mask alone is a shape, for which there is an encoder of its own unless another is named.
    expect(alone.encoder).toBe('precedent-shape');
    expect(Math.hypot(...alone.vector)).toBeCloseTo(1, 4);
    const [named] = await embed('--mask', mask, '--encoder', check.encoder.id);
    expect(named).toMatchObject({ encoder: check.encoder.id, dim: check.encoder.dim });
    expect([both.input, alone.input]).toEqual([image, mask]);
  });

  test.each([
    [['search', '--lesion', 'les-none'], 1, /there is no lesion les-none/],
    [['search'], 2, /name what to search for/],
    [['search', '--volume', 'vol-x', '--roi', '1,2,3'], 2, /is not a region/],
    [['search', '--lesion', 'x', '--top', '0'], 2, /whole number from 1 to 1000/],
    [['search', '--lesion', 'x', '--nonsense'], 2, /unknown option/],
    [['evaluate', '--field', 'colour'], 2, /no lesion has a field "colour"/],
    [['evaluate', '--field', 'kind', '--classes', 'a=5-1'], 2, /runs the wrong way/],
    [['list', 'dogs'], 2, /cannot be listed/],
    [['export', '--volume', 'vol-none', '--to', '/tmp/x.nii.gz'], 1, /there is no volume/],
    [['search', '--text', 'orgn:liver'], 2, /orgn.*organ/],
    [['search', '--encoder', 'other', '--lesion', 'x'], 1, /there is no encoder other/],
  ] as const)('%j ends with %i and one line that says why', async (args, code, says) => {
    const result = await precedent(...args, '--library', library);
    expect(result.code).toBe(code);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toMatch(says);
    expect(result.stdout).toBe('');
  });

  test('what a caption states is not evaluated by words, unless they are named', async () => {
    const evaluated = async (...args: string[]) =>
      Object.keys((await precedentJson<Evaluation>('evaluate', '--library', library, ...args)).methods);
    expect(await evaluated('--field', 'organ')).toEqual(['lesion', 'lesion-learned', 'lesion-measured']);
    expect(await evaluated('--field', 'kind')).toContain('caption');
    expect(await evaluated('--field', 'organ', '--method', 'caption')).toEqual(['caption']);
  });

  test('the doctor says what the encoder runs on, and why not on another provider', async () => {
    const report = await precedentJson<{
      encoder: { provider: string; threads: number; batch: number };
      providers: { inThisBuild: string[]; refused: { provider: string; reason: string }[] };
    }>('doctor');
    expect(report.providers.inThisBuild).toContain(report.encoder.provider);
    expect(report.encoder.threads).toBeGreaterThanOrEqual(1);
    expect(report.encoder.batch).toBeGreaterThanOrEqual(1);
    // Beside those that run, every one is named with its reason; TensorRT is tried by nobody unasked.
    expect(report.providers.refused.map(({ provider }) => provider)).toContain('tensorrt');
    for (const { reason } of report.providers.refused) expect(reason).not.toBe('');
  });

  test('a folder that holds no library is not taken for one', async () => {
    const result = await precedent('list', '--library', join(folder, 'nowhere'));
    expect([result.code, result.stdout]).toEqual([1, '']);
    expect(result.stderr).toMatch(/there is no library/);
    expect(await readdir(folder)).not.toContain('nowhere');
  });

  test('bad files are skipped with a reason and the good ones are imported', async () => {
    const mixed = join(folder, 'mixed');
    await mkdir(mixed);
    const good = join(library, 'phantom', 'PH-0001');
    await writeFile(join(mixed, 'empty.dcm'), '');
    await writeFile(join(mixed, 'garbage.dcm'), Buffer.alloc(5000, 0x5a));
    await writeFile(join(mixed, 'broken.nii.gz'), Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]));
    const other = join(folder, 'other');
    const { imported, skipped } = await precedentJson<ImportReport>(
      'import',
      mixed,
      good,
      '--library',
      other,
    );
    expect(imported.volumes).toBe(1);
    const reasons = new Map(skipped.map(({ path, reason }) => [path.split('/').at(-1), reason]));
    for (const name of ['empty.dcm', 'garbage.dcm', 'broken.nii.gz']) expect(reasons.get(name)).toBeTruthy();
  });

  test('copied originals serve when the files are gone', async () => {
    const { cp, rm } = await import('node:fs/promises');
    const source = join(folder, 'cd');
    await cp(join(library, 'phantom', 'PH-0002'), source, { recursive: true });
    const other = join(folder, 'copied');
    await precedentJson('import', source, '--copy', '--library', other);
    await rm(source, { recursive: true });
    const [voxels] = await readdir(join(other, 'voxels'));
    await writeFile(join(other, 'voxels', voxels), 'damaged');
    expect((await precedent('verify', '--repair', '--library', other)).code).toBe(0);
    expect((await precedent('verify', '--library', other)).code).toBe(0);
  });

  test('a second engine is refused while the first is open', async () => {
    await openEngine(library);
    const second = await precedent('list', '--library', library);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/in use by another Precedent/);
  });

  test('killing the inference process during searches costs no answer, and is reported', async () => {
    const host = await openEngine(library);
    const states: string[] = [];
    host.engine.on('process', ({ process, state }) => states.push(`${process} ${state}`));
    const [{ volume, boxIjk }] = lesions;
    const search = () => host.engine.call('search.run', { query: { volume, roi: boxIjk } });
    const before = await search();
    for (let round = 0; round < 3; round++) {
      const running = search();
      const victim = childrenOf(host.pid ?? 0).find((pid) => commandOf(pid).includes('inference'));
      process.kill(victim ?? 0, 'SIGKILL');
      expect((await running).hits).toEqual(before.hits);
    }
    expect(states.filter((state) => state === 'inference restarting')).toHaveLength(3);
  });

  test('killing a reader during an import costs nothing: what it read is read again', async () => {
    const host = await openEngine(join(folder, 'killed'));
    const source = host.grant(join(library, 'phantom'), 'read');
    let killed = false;
    const imported = await host.engine.call(
      'import.run',
      { sources: [source] },
      {
        onProgress: ({ phase, done }) => {
          if (killed || phase !== 'read' || done < 3) return;
          const victim = childrenOf(host.pid ?? 0).find((pid) => commandOf(pid).includes('reader'));
          if (victim) process.kill(victim, 'SIGKILL');
          killed = true;
        },
      },
    );
    expect(killed).toBe(true);
    expect(imported.imported.volumes).toBe(8);
    expect(imported.skipped.filter(({ reason }) => /stopped the reader/.test(reason))).toEqual([]);
    expect(imported.warnings.filter((warning) => /interpolated|missing/.test(warning))).toEqual([]);
  });

  test('an import can be cancelled; what was whole stays, nothing is half there', async () => {
    const target = join(folder, 'cancelled');
    const host = await openEngine(target);
    const abort = new AbortController();
    const running = host.engine.call(
      'import.run',
      { sources: [host.grant(join(library, 'phantom'), 'read')] },
      {
        signal: abort.signal,
        onProgress: ({ phase, done }) => phase === 'read' && done >= 2 && abort.abort(),
      },
    );
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    const rest = await host.engine.call('import.run', {
      sources: [host.grant(join(library, 'phantom'), 'read')],
    });
    expect(rest.unchanged).toBeGreaterThanOrEqual(1);
    expect(rest.imported.volumes + rest.unchanged).toBe(8);
    expect((await host.engine.call('verify.run', {})).problems).toEqual([]);
  });

  test('a token serves once, and only for what it was granted', async () => {
    const host = await openEngine(library);
    const token = host.grant(join(folder, 'a.nii.gz'), 'read');
    const [{ volume }] = lesions;
    await expect(host.engine.call('export.run', { volume, target: token })).rejects.toMatchObject({
      kind: 'refused',
    });
    await expect(host.engine.call('import.run', { sources: [token] })).rejects.toMatchObject({
      kind: 'refused',
    });
    await expect(host.engine.call('import.run', { sources: ['x'.repeat(36)] })).rejects.toMatchObject({
      kind: 'refused',
    });
  });
}, 300_000);
