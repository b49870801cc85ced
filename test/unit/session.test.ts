/** Who works with a library: signing in, PINs and the waits after wrong ones, the lock, and what is refused behind it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type CatalogAudit, catalogAudit } from '../../native/catalog/audit.ts';
import { type Database, openDatabase } from '../../native/catalog/database.ts';
import { catalogReads } from '../../native/catalog/reads.ts';
import { catalogUsers } from '../../native/catalog/users.ts';
import { catalogWrites } from '../../native/catalog/writes.ts';
import { type EngineContract, engineContract } from '../../native/contract/engine.ts';
import type { JobRow } from '../../native/contract/jobs.ts';
import { noPolicy, type Policy } from '../../native/contract/policy.ts';
import { auditedRequests } from '../../native/engine/auditedRequests.ts';
import { guarded, SeenLately } from '../../native/engine/guard.ts';
import { jobRecorder } from '../../native/engine/jobRecorder.ts';
import { hashPin, isPin, waitMs } from '../../native/engine/pin.ts';
import { Session } from '../../native/engine/session.ts';
import { systemUser } from '../../native/engine/user.ts';
import type { Handlers } from '../../native/process/serve.ts';

let db: Database;
let now: number;
beforeEach(() => {
  db = openDatabase(':memory:');
  now = 1_000_000;
});
afterEach(() => db.close());

/** As an engine opens it; what was written before is still there. */
function opened(policy: Partial<Policy> = {}) {
  const users = catalogUsers(db);
  const [reads, writes] = [catalogReads(db), catalogWrites(db)];
  const audit = catalogAudit(db, () => session.user);
  const session: Session = new Session({
    users,
    audit,
    policy: { ...noPolicy, ...policy },
    readSetting: reads.setting,
    writeSetting: writes.setSetting,
    now: () => now,
  });
  return { session, audit, users };
}
const said = (audit: ReturnType<typeof catalogAudit>) =>
  audit
    .list({ limit: 99 })
    .reverse()
    .map(({ user, action }) => `${user} ${action}`);

describe('a library without users', () => {
  test('is worked with by the system’s user, and cannot be locked', () => {
    const { session } = opened();
    expect(session.state).toMatchObject({
      user: systemUser(),
      locked: false,
      users: [],
      idleLockMinutes: null,
    });
    expect(() => session.lock('asked')).toThrow(/nobody to unlock it/);
  });

  test('where a PIN is required, is locked until its first user has chosen one', async () => {
    const { session } = opened({ pinRequired: true });
    expect([session.locked, session.user]).toEqual([true, '']);
    await expect(session.addUser('ann', undefined)).rejects.toThrow(/policy: nobody works without a PIN/);
    expect(await session.addUser('ann', '2468')).toMatchObject({ user: 'ann', locked: false });
    await expect(session.setPin(null, '2468')).rejects.toThrow(/policy/);
    expect((await session.removeUser('ann')).locked).toBe(true);
  });
});

describe('a library with users', () => {
  test('signs in its first, locks, and opens again to those who know their PIN', async () => {
    const { session, audit } = opened();
    const heard = vi.fn();
    session.onChange(heard);
    await session.addUser('ann', '2468');
    expect(session.state).toMatchObject({ user: 'ann', users: [{ name: 'ann', hasPin: true }] });
    await session.addUser('bob', undefined);
    expect(session.user).toBe('ann');
    await expect(session.addUser('bob', '1111')).rejects.toThrow(/a user of this name/);
    expect(session.lock('asked')).toMatchObject({ locked: true, user: 'ann' });
    await expect(session.addUser('eve', undefined)).rejects.toThrow(/locked/);
    await expect(session.signIn('ann', undefined)).rejects.toThrow(/PIN is wrong/);
    await expect(session.signIn('ann', '2469')).rejects.toThrow(/PIN is wrong/);
    await expect(session.signIn('eve', '2468')).rejects.toThrow(/no such user/);
    expect(session.locked).toBe(true);
    expect(await session.signIn('ann', '2468')).toMatchObject({ locked: false, user: 'ann' });
    expect(await session.signIn('bob', undefined)).toMatchObject({ user: 'bob' });
    expect(heard).toHaveBeenCalledTimes(5);
    expect(said(audit)).toEqual([
      `${systemUser()} user.add`, 'ann user.in', 'ann user.add', 'ann user.out', 'ann user.refused', 'ann user.refused',
      'ann user.in', 'bob user.in',
    ]); // biome-ignore format: one list
    // Another engine begins locked, by nobody.
    expect(opened().session.state).toMatchObject({ locked: true, user: null });
  });

  test('is locked also where nothing can be written down', async () => {
    const { session, audit } = opened();
    await session.addUser('ann', '2468');
    const append = vi.spyOn(audit, 'append').mockImplementation(() => {
      throw new Error('the disk is full');
    });
    const heard = vi.fn();
    session.onChange(heard);
    expect(session.lock('idle')).toMatchObject({ locked: true, user: 'ann' });
    expect(append).toHaveBeenCalledTimes(1);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test('stays locked where a signing in cannot be written down', async () => {
    const { session, audit } = opened();
    await session.addUser('ann', undefined);
    session.lock('asked');
    vi.spyOn(audit, 'append').mockImplementation(() => {
      throw new Error('the disk is full');
    });
    await expect(session.signIn('ann', undefined)).rejects.toThrow('full');
    expect(session.locked).toBe(true);
  });

  test('keeps of a PIN only what scrypt made of it, and changes it for whoever knows it', async () => {
    const { session, users } = opened();
    await session.addUser('ann', 'héron');
    const kept = users.find('ann')?.pin ?? '';
    expect(kept).toMatch(/^scrypt 32768 8 1 \S{24} \S{44}$/);
    // The same letters, written otherwise.
    expect(await isPin('he\u0301ron', kept)).toBe(true);
    expect(await isPin('heron', kept)).toBe(false);
    expect(await hashPin('héron')).not.toBe(kept);
    await expect(session.setPin('1357', 'wrong')).rejects.toThrow(/PIN is wrong/);
    await session.setPin('1357', 'héron');
    session.lock('idle');
    await expect(session.signIn('ann', 'héron')).rejects.toThrow(/PIN is wrong/);
    await session.signIn('ann', '1357');
    await session.setPin(null, '1357');
    expect(users.find('ann')?.pin).toBeNull();
  });

  test('makes wait longer and longer after wrong PINs, also after a restart, and then not even looks at the right one', async () => {
    await opened().session.addUser('ann', '2468');
    const { session } = opened();
    const wrong = (by = session) => by.signIn('ann', '0000');
    // At once: each is counted before the next is looked at.
    const tries = await Promise.allSettled([wrong(), wrong(), wrong(), wrong()]);
    expect(tries.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    await expect(session.signIn('ann', '2468')).rejects.toThrow(
      'too many wrong PINs; wait 5 s and try again',
    );
    now += 2000;
    const restarted = opened().session;
    await expect(restarted.signIn('ann', '2468')).rejects.toThrow('wait 3 s');
    now += 3000;
    await expect(wrong(restarted)).rejects.toThrow(/PIN is wrong/);
    await expect(restarted.signIn('ann', '2468')).rejects.toThrow('wait 10 s');
    now += 10_000;
    expect(await restarted.signIn('ann', '2468')).toMatchObject({ user: 'ann', locked: false });
    restarted.lock('asked');
    await expect(wrong(restarted)).rejects.toThrow(/PIN is wrong/);
    expect(await restarted.signIn('ann', '2468')).toMatchObject({ locked: false });
  });

  test('waits no longer than a quarter of an hour, and not longer when the clock was set back', () => {
    expect([0, 1, 2].map((failures) => waitMs(failures, 0, 0))).toEqual([0, 0, 0]);
    expect([3, 4, 5, 12, 5000].map((failures) => waitMs(failures, 7, 7) / 1000)).toEqual([
      5, 10, 20, 900, 900,
    ]);
    expect(waitMs(3, 1_000_000, 0)).toBe(5000);
  });

  test('gives a PIN to those who have none where one is required', async () => {
    await opened().session.addUser('ann', undefined);
    const { session } = opened({ pinRequired: true });
    await expect(session.signIn('ann', undefined)).rejects.toThrow(/policy/);
    await session.signIn('ann', '2468');
    session.lock('asked');
    await expect(session.signIn('ann', '9999')).rejects.toThrow(/PIN is wrong/);
  });

  test('locks when idle after the shorter of what is set and what the policy says', async () => {
    const { session } = opened({ idleLockMinutes: 10 });
    expect(session.state.idleLockMinutes).toBe(10);
    expect(session.setIdle(5).idleLockMinutes).toBe(5);
    expect(session.setIdle(60).idleLockMinutes).toBe(10);
    expect(session.setIdle(null).idleLockMinutes).toBe(10);
    opened().session.setIdle(7);
    expect(opened().session.state.idleLockMinutes).toBe(7);
  });

  test('asks who it is where its users have become others, as by taking in an archive', async () => {
    const { session, users } = opened();
    users.add('ann', await hashPin('2468'));
    session.usersReplaced();
    expect(session.state).toMatchObject({ locked: true, user: null });
    await session.signIn('ann', '2468');
    users.add('bob', null);
    session.usersReplaced();
    expect(session.state).toMatchObject({ locked: false, user: 'ann' });
    users.remove('ann');
    session.usersReplaced();
    expect(session.state).toMatchObject({ locked: true, user: null });
    users.remove('bob');
    session.usersReplaced();
    expect(session.state).toMatchObject({ locked: false, user: systemUser() });
  });

  test('is let go by its last user, and by nobody who is signed in before', async () => {
    const { session } = opened();
    await session.addUser('ann', undefined);
    await session.addUser('bob', undefined);
    await expect(session.removeUser('ann')).rejects.toThrow(/signed in as this user/);
    await session.removeUser('bob');
    expect(await session.removeUser('ann')).toMatchObject({ users: [], locked: false, user: systemUser() });
  });
});

describe('the guard', () => {
  const context = { signal: new AbortController().signal, progress: () => undefined };
  /** Every request of the contract, each of which answers with what it was asked. */
  const answers = (results: Readonly<Record<string, unknown>> = {}) =>
    Object.fromEntries(
      Object.keys(engineContract.requests).map((method) => [method, () => results[method] ?? {}]),
    ) as unknown as Handlers<EngineContract>;
  const ask = (handlers: Handlers<EngineContract>, method: string, params: unknown = {}) =>
    Promise.resolve(
      (handlers[method as keyof Handlers<EngineContract>] as (...given: unknown[]) => unknown)(
        params,
        context,
      ),
    );

  test('lets nothing through a lock but what signing in needs', async () => {
    const { session, audit } = opened();
    await session.addUser('ann', '2468');
    const handlers = guarded({ session, audit, db }, answers());
    session.lock('asked');
    const through: string[] = [];
    for (const method of Object.keys(handlers))
      await ask(handlers, method).then(
        () => through.push(method),
        (error: Error) => expect(error.message).toBe('the library is locked; sign in first'),
      );
    expect(through.sort()).toEqual([
      'audit.verify',
      'session.get',
      'session.lock',
      'session.signIn',
      'users.add',
    ]);
  });

  test('keeps what was asked before the lock until somebody is signed in, or nobody waits for it', async () => {
    const { session, audit } = opened();
    await session.addUser('ann', '2468');
    const { promise: found, resolve: find } = Promise.withResolvers<void>();
    const leaving = new AbortController();
    const slow = answers() as unknown as Record<string, () => unknown>;
    slow['patients.list'] = async () => {
      await found;
      return { rows: ['Mustermann'] };
    };
    const list = guarded({ session, audit, db }, slow as unknown as Handlers<EngineContract>)[
      'patients.list'
    ];
    const answered: string[] = [];
    const asked = ['waits', 'leaves'].map(async (who) => {
      const signal = who === 'leaves' ? leaving.signal : context.signal;
      await list({} as never, { ...context, signal });
      answered.push(who);
    });
    session.lock('asked');
    find();
    // Longer than the answers take.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(answered).toEqual([]);
    leaving.abort();
    await asked[1];
    expect(answered).toEqual(['leaves']);
    await session.signIn('ann', '2468');
    await asked[0];
    expect(answered).toEqual(['leaves', 'waits']);
  });

  test('answers what took users in, and so locked the library: a command has nobody who signs in', async () => {
    const { session, audit, users } = opened();
    const taking = answers() as unknown as Record<string, () => unknown>;
    taking['archive.read'] = () => {
      users.add('ann', null);
      session.usersReplaced();
      return { volumes: 1, lesions: 2 };
    };
    const handlers = guarded({ session, audit, db }, taking as unknown as Handlers<EngineContract>);
    expect(await ask(handlers, 'archive.read')).toEqual({ volumes: 1, lesions: 2 });
    expect(session.locked).toBe(true);
  });

  test.each(['backups.restore', 'backups.accept'])(
    'answers %s, with which the engine ends',
    async (method) => {
      const { session, audit } = opened();
      await session.addUser('ann', '2468');
      const ending = answers() as unknown as Record<string, () => unknown>;
      ending[method] = () => {
        session.lock('idle');
        return { setAside: 'dated' };
      };
      const handlers = guarded({ session, audit, db }, ending as unknown as Handlers<EngineContract>);
      expect(await ask(handlers, method, {})).toEqual({ setAside: 'dated' });
    },
  );

  test('refuses every export where the policy says so, and writes that down', async () => {
    const { session, audit } = opened({ exportDisabled: true });
    const handlers = guarded({ session, audit, db }, answers());
    const writers = Object.entries(engineContract.requests)
      .filter(
        ([method, { params }]) =>
          'target' in ((params as { shape?: object }).shape ?? {}) && method !== 'audit.export',
      )
      .map(([method]) => method);
    expect(writers.length).toBeGreaterThan(5);
    for (const method of [...writers, 'takeaway.comparison'])
      await expect(ask(handlers, method), method).rejects.toThrow(
        'the administrator’s policy: nothing is exported from here',
      );
    expect(said(audit)).toEqual(Array(writers.length + 1).fill(`${systemUser()} policy.refused`));
  });

  test('keeps backups where they are while exports are disabled: a copy elsewhere is an export', async () => {
    const { session, audit } = opened({ exportDisabled: true });
    const handlers = guarded({ session, audit, db }, answers());
    for (const [method, params] of [
      ['backups.make', { to: 'token' }],
      ['backups.setFolder', { folder: 'token' }],
    ] as const)
      await expect(ask(handlers, method, params), method).rejects.toThrow('nothing is exported from here');
    expect(said(audit)).toEqual(Array(2).fill(`${systemUser()} policy.refused`));
    await ask(handlers, 'backups.make', {});
    await ask(handlers, 'backups.setFolder', { folder: null });
  });

  test('writes down who looked at what once an hour, and queries without their words', async () => {
    const { session, audit } = opened();
    const query = { method: 'lesion', encoder: 'e', hits: [{ lesion: 'les-1' }, { lesion: 'les-2' }] };
    let hour = 0;
    const seen = new SeenLately(() => hour * 3_600_000);
    const handlers = guarded({ session, audit, db }, answers({ 'search.run': query }), seen);
    for (const volume of ['vol-1', 'vol-2', 'vol-1']) await ask(handlers, 'volume.get', { volume });
    hour = 1;
    await ask(handlers, 'volume.get', { volume: 'vol-1' });
    await ask(handlers, 'search.run', {
      query: { text: 'Mustermann hepatoma' },
      where: [{ field: 'organ', value: 'secret' }],
      top: 10,
    });
    const rows = audit.list({ limit: 9 }).reverse();
    expect(rows.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
      'view vol-1', 'view vol-2', 'view vol-1', 'query ',
    ]); // biome-ignore format: one list
    expect(JSON.parse(rows[3]?.detail ?? '')).toEqual({
      kind: 'words', method: 'lesion', encoder: 'e', top: 10, filters: ['organ'], hits: 2, found: ['les-1', 'les-2'],
    }); // biome-ignore format: one record
  });

  test('writes an export down before it is made, and nothing of a failed view', async () => {
    const { session, audit } = opened();
    const failing = { ...answers() } as unknown as Record<string, () => unknown>;
    for (const method of ['export.run', 'volume.get'])
      failing[method] = () => {
        throw new Error('the disk is full');
      };
    const handlers = guarded({ session, audit, db }, failing as unknown as Handlers<EngineContract>);
    await expect(ask(handlers, 'export.run', { lesion: 'les-1' })).rejects.toThrow('the disk is full');
    await expect(ask(handlers, 'volume.get', { volume: 'vol-1' })).rejects.toThrow('the disk is full');
    expect(audit.list({ limit: 9 })).toMatchObject([
      { action: 'export', subject: 'les-1', detail: '{"kind":"mask"}' },
    ]);
  });

  test('has every request that changes something in its table, but those that write their own entries or keep a user’s own', () => {
    const known = new Set(Object.keys(engineContract.requests));
    expect(Object.keys(auditedRequests).filter((method) => !known.has(method))).toEqual([]);
    const own =
      /^(lesion|study|library)\.(caption|label|save|edit|undo|merge|delete)$|^originals\.locate$|^demo\.create$|^backups\.accept$|^(users|session)\.|^(savedQueries|openSearch|unsavedMarks)\./;
    const quiet = [...known].filter((method) => !(method in auditedRequests) && !own.test(method));
    const looking =
      /\.(list|get|info|check|report|count|health|header|value|mask|measure|propose|changes|newest|deletion|duplicates|lesionIds|explain|excerpts|similarityMap|simulate|verify|embed)$/;
    expect(quiet.filter((method) => !looking.test(method))).toEqual([]);
  });
});

test('an import comes to its end also where that cannot be written down, and it is written once', () => {
  const entries: string[] = [];
  let full = true;
  const append = ([entry]: readonly { action: string; subject: string }[]) => {
    if (full) throw new Error('SQLITE_FULL');
    return entries.push(`${entry?.action} ${entry?.subject}`);
  };
  const record = jobRecorder({ audit: { append } as unknown as CatalogAudit });
  const job = { id: 'job-1', state: 'failed', finishedAt: '2026-01-01' } as JobRow;
  record(job);
  full = false;
  for (const news of [{ ...job, finishedAt: undefined }, job, job]) record(news);
  expect(entries).toEqual(['import.end job-1']);
});
