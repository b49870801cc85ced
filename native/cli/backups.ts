/** The commands for backups: make one, list and check them, restore one; and the repair of a library whose catalog is damaged. */
import type { BackupRow } from '../contract/backups.ts';
import type { EngineContract } from '../contract/engine.ts';
import type { Result } from '../contract/rpc.ts';
import { type Common, interrupted, libraryCommand, print, withLibrary } from './commands.ts';
import { type Host, startHost } from './host.ts';
import { progressPrinter, table } from './output.ts';
import { askSecret } from './passphrase.ts';

type VerifyReport = Result<EngineContract, 'verify.run'>;

function line({ name, kind, at, schema, counts, bytes }: BackupRow): Record<string, string | number> {
  return { name, kind, at, schema, patients: counts.patients, lesions: counts.lesions, bytes };
}

function wasRestored({ backup, setAside }: Result<EngineContract, 'backups.restore'>): string {
  const what = backup ? `the backup ${backup.name}` : 'what could be read of the catalog';
  return `restored ${what}; the catalog that was there is in set-aside/${setAside}`;
}

const backup = libraryCommand('backup', 'copy the catalog and check the copy')
  .option('--to <folder>', 'into this folder instead of the library’s own')
  .action((options: Common & { to?: string }) =>
    withLibrary(
      options,
      false,
      ({ engine, grant }) =>
        engine.call('backups.make', {
          to: options.to === undefined ? undefined : grant(options.to, 'write'),
        }),
      (made) =>
        `${made.name}: ${made.counts.patients} patients, ${made.counts.lesions} lesions, ${made.bytes} bytes`,
    ),
  );

const backups = libraryCommand('backups', 'list the backups')
  .option('--verify', 'read each in full; exit code 1 where one is not sound')
  .action((options: Common & { verify?: boolean }) =>
    withLibrary(
      options,
      false,
      async ({ engine }) => {
        const { folder, problem, backups: rows } = await engine.call('backups.list', {});
        const listed: (BackupRow & { sound?: boolean })[] = [];
        for (const row of rows) {
          const sound = options.verify
            ? await engine.call('backups.verify', { name: row.name }).then(
                () => true,
                () => false,
              )
            : undefined;
          if (sound === false) process.exitCode = 1;
          listed.push({ ...row, sound });
        }
        return { folder, problem, backups: listed };
      },
      ({ backups: rows }) =>
        table(
          rows.map((row) => ({
            ...line(row),
            ...(row.sound === undefined ? {} : { sound: String(row.sound) }),
          })),
        ),
    ),
  );

interface RestoreOptions extends Common {
  readonly backup?: string;
  readonly from?: string;
  readonly salvaged?: boolean;
  readonly accept?: boolean;
}

const restore = libraryCommand('restore', 'put a backup in the place of the catalog, which is set aside')
  .option('--backup <name>', 'this one instead of the newest that is sound')
  .option('--from <folder>', 'out of this folder, whichever library its backups are of')
  .option('--salvaged', 'instead of a backup what can be read of the damaged catalog')
  .option('--accept', 'keep a catalog that is whole but not as it was when it was closed')
  .action(async (options: RestoreOptions) => {
    const { accept, salvaged, backup: name, from } = options;
    if (accept) {
      const work = ({ engine }: Host) => engine.call('backups.accept', {});
      await withLibrary(options, false, work, () => 'the catalog is kept as it is');
      return;
    }
    const work = ({ engine, grant }: Host) =>
      engine.call('backups.restore', {
        name,
        from: from === undefined ? from : grant(from, 'read'),
        salvaged,
      });
    // Backups from elsewhere can make a library where there was none.
    await withLibrary(options, from !== undefined, work, wasRestored);
  });

export const backupCommands = [backup, backups, restore];

function verified(host: Host, repair: boolean): Promise<VerifyReport> {
  return host.engine.call(
    'verify.run',
    { repair },
    { signal: interrupted.signal, onProgress: progressPrinter() },
  );
}

interface VerifyOptions extends Common {
  readonly repair?: boolean;
}

/** The library as it is then; a damaged catalog is replaced by the newest sound backup first. */
async function verifyOrRepair({
  library,
  repair = false,
  passphraseFile,
}: VerifyOptions): Promise<VerifyReport> {
  let asked: Promise<string> | undefined;
  const secret = () => (asked ??= askSecret(passphraseFile));
  const host = await startHost(library, { mayCreate: false, secret });
  try {
    const { readOnly } = await host.engine.call('library.info', {});
    if (!repair || !readOnly) return await verified(host, repair);
    process.stderr.write(`note: ${readOnly.why}\n`);
    process.stderr.write(`note: ${wasRestored(await host.engine.call('backups.restore', {}))}\n`);
  } finally {
    await host.close();
  }
  const again = await startHost(library, { mayCreate: false, secret });
  try {
    return await verified(again, true);
  } finally {
    await again.close();
  }
}

export const verifyCommand = libraryCommand('verify', 'check that everything in the library is whole')
  .option(
    '--repair',
    'rebuild what can be rebuilt, and restore a damaged catalog from its newest sound backup',
  )
  .action(async (options: VerifyOptions) => {
    const report = await verifyOrRepair(options);
    if (!report.ok) process.exitCode = 1;
    print(options, report, ({ ok, problems }) =>
      [
        ...problems.map(({ what, where, repaired }) => `${where}: ${what}${repaired ? ' (repaired)' : ''}`),
        ok ? 'the library is whole' : 'the library has problems; run verify --repair',
      ].join('\n'),
    );
  });
