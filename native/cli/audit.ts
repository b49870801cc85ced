/** `precedent audit`: checks the record of who did what, and takes it out as a table. */
import { Command } from 'commander';
import { PrecedentError } from '../contract/errors.ts';
import { type Common, interrupted, libraryCommand, withLibrary } from './commands.ts';

interface VerifyOptions extends Common {
  readonly anchor?: string;
}
interface ExportOptions extends Common {
  readonly to: string;
  readonly action?: string;
  readonly by?: string;
  readonly details?: boolean;
}

/** `COUNT:HASH`, as `audit verify` prints it. */
function parseAnchor(text: string): { count: number; hash: string } {
  const [, count, hash] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(text.trim()) ?? [];
  if (count === undefined || hash === undefined)
    throw new PrecedentError(
      'usage',
      `"${text}" is not COUNT:HASH`,
      '--anchor',
      'copy it from an earlier audit verify',
    );
  return { count: Number(count), hash: hash.toLowerCase() };
}

export const auditCommands = new Command('audit')
  .description('who did what: check that nothing of it was changed, and take it out')
  .addCommand(
    libraryCommand(
      'verify',
      'follow the chain of hashes from its beginning; prints its last hash, to be noted elsewhere',
    )
      .option('--anchor <count:hash>', 'what an earlier check printed: is it still a part of the record?')
      .action((options: VerifyOptions) =>
        withLibrary(
          options,
          false,
          async ({ engine }) => {
            const anchor = options.anchor === undefined ? undefined : parseAnchor(options.anchor);
            const check = await engine.call('audit.verify', { anchor }, { signal: interrupted.signal });
            if (!check.ok) process.exitCode = 1;
            return check;
          },
          ({ ok, head, erased, problems }) =>
            [
              ...problems.map(({ what, entry }) => `entry ${entry}: ${what}`),
              `${head.count} entries, the details of ${erased} of them erased: ${ok ? 'nothing was changed' : 'CHANGED'}`,
              `anchor ${head.count}:${head.hash}`,
            ].join('\n'),
          { maybeLocked: true },
        ),
      ),
  )
  .addCommand(
    libraryCommand('export', 'write it as CSV, without the details, which may name patients')
      .requiredOption('--to <file>', 'a .csv file')
      .option('--action <name>', 'only entries of this action')
      .option('--by <user>', 'only entries of this user')
      .option('--details', 'also what was changed from what to what')
      .action((options: ExportOptions) =>
        withLibrary(
          options,
          false,
          (host) =>
            host.engine.call(
              'audit.export',
              {
                action: options.action,
                user: options.by,
                details: options.details ?? false,
                target: host.grant(options.to, 'write'),
              },
              { signal: interrupted.signal },
            ),
          ({ entries, bytes }) => `wrote ${entries} entries, ${bytes} bytes`,
        ),
      ),
  );
