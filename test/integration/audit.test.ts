/** The record, users and policy on the command line: what is written down, taken out, found changed, and refused. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHost } from '../../native/cli/host.ts';
import type { AuditCheckResult } from '../../native/contract/audit.ts';
import { demoLibrary } from '../support/demoLibrary.ts';
import { editCatalog } from '../support/editCatalog.ts';
import {
  openEngine,
  precedent,
  precedentJson,
  projectRoot,
  removeFolder,
  temporaryFolder,
} from '../support/precedent.ts';

describe('the record on the command line', () => {
  let folder: string;
  let library: string;
  let anchor: string;
  const catalog = (change: (db: Sqlite.Database) => void) => {
    const db = new Sqlite(join(library, 'catalog.sqlite'));
    change(db);
    db.close();
  };
  beforeAll(async () => {
    folder = await temporaryFolder();
    library = join(folder, 'library');
    await demoLibrary(library, 2);
  });
  afterAll(() => removeFolder(folder));

  test('says what was done, and is sound; its anchor holds while it grows', async () => {
    const first = await precedentJson<AuditCheckResult>('audit', 'verify', '--library', library);
    expect(first).toMatchObject({ ok: true, erased: 0, problems: [] });
    anchor = `${first.head.count}:${first.head.hash}`;
    await precedentJson('search', '--library', library, '--text', 'organ:liver secret');
    const later = await precedent('audit', 'verify', '--library', library, '--anchor', anchor);
    expect(later.code).toBe(0);
    expect(later.stdout).toMatch(
      /^\d+ entries, the details of 0 of them erased: nothing was changed\nanchor \d+:[0-9a-f]{64}\n$/,
    );
    expect((await precedent('audit', 'verify', '--library', library, '--anchor', 'x')).code).toBe(2);
  });

  test('a library whose opening cannot be written down is not opened, and nothing else is written', async () => {
    const entries = () => {
      let rows: unknown[] = [];
      catalog((db) => {
        rows = db.prepare('SELECT action FROM audit').all();
      });
      return rows;
    };
    const before = entries();
    editCatalog(library, (db) =>
      db.exec(`CREATE TRIGGER no_room BEFORE INSERT ON audit WHEN NEW.action = 'library.open'
        BEGIN SELECT RAISE(ABORT, 'no room'); END`),
    );
    const refused = await precedent('encoders', 'list', '--library', library);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: 'no room\n' });
    expect(entries()).toEqual(before);
    editCatalog(library, (db) => db.exec('DROP TRIGGER no_room'));
    expect((await precedent('encoders', 'list', '--library', library)).code).toBe(0);
  });

  test('leaves as a table in which no cell is a formula, without the details unless they are asked for', async () => {
    const host = await openEngine(library);
    await host.engine.call('users.add', { name: '=1+1' });
    await host.close();
    const to = join(folder, 'audit.csv');
    await precedentJson('audit', 'export', '--library', library, '--to', to, '--user', '=1+1');
    const [head, ...lines] = (await readFile(to, 'utf8')).trimEnd().split('\r\n');
    expect(head).toBe('id,at,user,action,subject,detailHash,hash');
    expect(lines.filter((line) => line.includes(",'=1+1,user.in,"))).toHaveLength(2);
    expect(lines.filter((line) => line.includes(',query,'))).toHaveLength(1);
    await precedentJson(
      'audit',
      'export',
      '--library',
      library,
      '--to',
      to,
      '--user',
      '=1+1',
      '--details',
      '--action',
      'query',
    );
    const [, query] = (await readFile(to, 'utf8')).trimEnd().split('\r\n');
    expect(query).toContain('""kind"":""words""');
    expect(query).not.toContain('secret');
  });

  test('is not shown to whoever does not sign in, but checked', async () => {
    const out = await precedent('list', '--library', library);
    expect([out.code, out.stdout, out.stderr]).toEqual([
      2, '', 'the library is locked; say who you are with --user NAME\n',
    ]); // biome-ignore format: one result
    expect((await precedent('list', '--library', library, '--user', 'eve')).stderr).toMatch(/no such user/);
    const pin = join(folder, 'pin');
    const host = await startHost(library, {
      mayCreate: false,
      dist: join(projectRoot, 'dist'),
      maybeLocked: true,
    });
    await host.engine.call('session.signIn', { name: '=1+1' });
    await host.engine.call('users.add', { name: 'ann', pin: '2468' });
    await host.close();
    await writeFile(pin, '2469\n', { mode: 0o600 });
    const signedIn = () => precedent('list', '--library', library, '--user', 'ann', '--pin-file', pin);
    expect((await signedIn()).stderr).toBe('the PIN is wrong; type it again\n');
    await writeFile(pin, '2468\n', { mode: 0o600 });
    expect((await signedIn()).code).toBe(0);
    expect((await precedent('list', '--library', library, '--user', 'ann')).stderr).toMatch(/--pin-file/);
    expect((await precedent('audit', 'verify', '--library', library)).code).toBe(0);
  });

  test('shows an end that was cut off beside its anchor, and a changed entry without', async () => {
    catalog((db) => {
      db.exec('DROP TRIGGER audit_removed; DROP TRIGGER audit_changed');
      db.prepare('DELETE FROM audit WHERE id >= ?').run(Number.parseInt(anchor, 10));
    });
    const cut = await precedent('audit', 'verify', '--library', library, '--anchor', anchor);
    expect(cut.code).toBe(1);
    expect(cut.stdout).toMatch(
      /it is not the entry that was noted elsewhere|the last entries, up to \d+, are missing/,
    );
    catalog((db) => db.exec(`UPDATE audit SET user = 'eve' WHERE id = 2`));
    const changed = await precedent('audit', 'verify', '--library', library);
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(/^entry 2: it, or what it follows, is not what was written\n/);
  });
});

describe('the policy on the command line', () => {
  let folder: string;
  let library: string;
  let file: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    library = join(folder, 'library');
    file = join(folder, 'policy.json');
    const host = await startHost(library, { mayCreate: true, dist: join(projectRoot, 'dist') });
    await host.close();
  });
  afterAll(() => removeFolder(folder));
  const under = async (policy: unknown, ...args: string[]) => {
    await writeFile(file, JSON.stringify(policy), { mode: 0o644 });
    return precedent(...args, '--library', library, '--policy', file);
  };

  test('is in force: exports, places and users are refused in one line', async () => {
    const refused = async (policy: unknown, ...args: string[]) => {
      const { code, stdout, stderr } = await under(policy, ...args);
      expect([code, stdout]).toEqual([1, '']);
      return stderr;
    };
    expect(
      await refused({ exportDisabled: true }, 'export', '--lesion', 'x', '--to', join(folder, 'a.nii.gz')),
    ).toBe('the administrator’s policy: nothing is exported from here\n');
    expect(await refused({ libraryFolder: join(folder, 'other') }, 'list')).toBe(
      'the administrator’s policy: libraries are opened only in the folder that it names; choose one there\n',
    );
    expect(await refused({ pinRequired: true }, 'list')).toMatch(/no users; add one in the window first/);
    expect(await refused({ exportDisable: true }, 'list')).toMatch(
      /^\S+policy\.json: the policy file does not hold: /,
    );
    expect((await under({ libraryFolder: folder, idleLockMinutes: 5 }, 'list')).code).toBe(0);
  });

  test('is printed by doctor', async () => {
    const { stdout } = await under({ pinRequired: true }, 'doctor', '--json');
    expect(JSON.parse(stdout).policy).toMatchObject({ file, exists: true, inForce: { pinRequired: true } });
  });
});
