/** The `precedent` command. Names, JSON and exit codes are those of README.md: other programs rely on them. */
import { Command, CommanderError, Option } from 'commander';
import type { Query, SimpleQuery } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { expectedShare } from '../contract/expectedShare.ts';
import { collect, parseFilter, parseRoi, wholeNumber } from './arguments.ts';
import { auditCommands } from './audit.ts';
import { backupCommands, verifyCommand } from './backups.ts';
import { benchCommands } from './bench.ts';
import { allRows, type Common, command, interrupted, libraryCommand, withLibrary } from './commands.ts';
import { deleteCommand } from './delete.ts';
import { writeReport } from './demoReport.ts';
import { doctor } from './doctor.ts';
import { encoderCommands } from './encoders.ts';
import { encryptionCommands } from './encryption.ts';
import { evaluateCommand } from './evaluate.ts';
import { explainCommand } from './explain.ts';
import { exportCommand } from './exporting.ts';
import { filtersCommand, savedFilters } from './filters.ts';
import { given, type Host } from './host.ts';
import { importCommands, reportText } from './importing.ts';
import { progressPrinter, table } from './output.ts';

const program = new Command('precedent')
  .description('Find the proven cases like this one. Research use, not for primary diagnosis.')
  .option('--user <name>', 'who you are, where the library has users')
  .option('--pin-file <file>', 'a file with the PIN; without it the terminal asks')
  .addOption(new Option('--policy <file>', 'another policy file, in development').hideHelp())
  .exitOverride()
  .hook('preAction', () => void Object.assign(given, program.opts()))
  .configureOutput({ outputError: () => undefined });

program.addCommand(
  libraryCommand('demo', 'create a library of generated, labelled phantom patients')
    .option('--patients <n>', 'how many patients', wholeNumber('--patients', 1, 1000), 60)
    .option('--seed <n>', 'another seed gives other patients', wholeNumber('--seed', 0, 2 ** 31), 1)
    .option('--report <file>', 'search in it and write an HTML report')
    .action((options: Common & { patients: number; seed: number; report?: string }) =>
      withLibrary(
        options,
        true,
        async (host) => {
          const { patients, seed } = options;
          const onProgress = progressPrinter();
          const created = await host.engine.call(
            'demo.create',
            { patients, seed },
            { signal: interrupted.signal, onProgress },
          );
          const report = options.report
            ? await writeReport(host, options.library, options.report)
            : undefined;
          return { ...created, report };
        },
        (result) => reportText(result) + (result.report ? `\nreport: ${result.report}` : ''),
      ),
    ),
);

for (const one of importCommands) program.addCommand(one);

const listNames = ['patients', 'studies', 'volumes', 'lesions'] as const;

program.addCommand(
  libraryCommand('list', 'list what the library holds')
    .argument('[what]', 'patients, studies, volumes or lesions', 'lesions')
    .action((what: string, options: Common) => {
      const name = listNames.find((known) => known === what);
      if (!name) {
        throw new PrecedentError(
          'usage',
          `"${what}" cannot be listed`,
          undefined,
          `use one of: ${listNames.join(', ')}`,
        );
      }
      return withLibrary(
        options,
        false,
        ({ engine }) => allRows<Record<string, unknown>>((page) => engine.call(`${name}.list`, page)),
        (rows) => table(rows.map(flat)),
      );
    }),
);

/** The columns of a row that fit in a table. */
function flat(row: Record<string, unknown>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      if (typeof value === 'number' || typeof value === 'string') return [[name, value]];
      if (name === 'dims') return [[name, String(value)]];
      if (name === 'labels') return [[name, JSON.stringify(value)]];
      return [];
    }),
  );
}

interface SearchOptions extends Common {
  readonly lesion: string[];
  readonly volume?: string;
  readonly roi?: string;
  readonly image?: string;
  readonly mask?: string;
  readonly text?: string;
  readonly unlike: string[];
  readonly combine: 'and' | 'or';
  readonly method?: string;
  readonly encoder?: string;
  readonly top: number;
  readonly where: { field: string; value: string }[];
  readonly set?: string;
  readonly includeSamePatient?: boolean;
  readonly hitsPerPatient: number;
}

/** All that was named, at once. */
function searchQuery(host: Host, options: SearchOptions): Query {
  const { lesion, volume, image, text } = options;
  const roi = options.roi === undefined ? undefined : parseRoi(options.roi);
  const like: SimpleQuery[] = lesion.map((id) => ({ lesion: id }));
  if (volume !== undefined) {
    if (!roi) {
      const todo = 'give --roi i0,j0,k0,i1,j1,k1';
      throw new PrecedentError('usage', 'a volume needs a region', '--volume', todo);
    }
    like.push({ volume, roi });
  }
  if (image !== undefined) {
    const mask = options.mask === undefined ? undefined : host.grant(options.mask, 'read');
    like.push({ image: host.grant(image, 'read'), mask, roi });
  }
  if (text !== undefined) like.push({ text });
  const [first, ...others] = like;
  if (!first) {
    throw new PrecedentError(
      'usage',
      'name what to search for',
      undefined,
      'give --lesion, --volume with --roi, --image or --text',
    );
  }
  if (others.length === 0 && options.unlike.length === 0) return first;
  return { like, unlike: options.unlike.map((id) => ({ lesion: id })), combine: options.combine };
}

program.addCommand(
  libraryCommand('search', 'find the most similar lesions')
    .option('--lesion <id>', 'a lesion of the library; several are searched for at once', collect(String), [])
    .option('--volume <id>', 'a volume of the library, with --roi')
    .option('--roi <box>', 'i0,j0,k0,i1,j1,k1, inclusive')
    .option('--image <file>', 'an image outside the library, with --mask or --roi')
    .option('--mask <file>', 'the mask of the image')
    .option('--text <words>', 'words')
    .option('--unlike <id>', 'a lesion that the hits should not be like', collect(String), [])
    .addOption(
      new Option('--combine <how>', 'hits are like all that is named, or like any of it')
        .choices(['and', 'or'])
        .default('and'),
    )
    .option('--method <name>', 'how hits are found and ranked')
    .option('--encoder <id>', 'the encoder')
    .option('--top <k>', 'how many hits', wholeNumber('--top', 1, 1000), 10)
    .option(
      '--where <field=value>',
      'only lesions of which this is true: a label or field; 10..30 for a range, !value for all others',
      collect(parseFilter),
      [],
    )
    .option('--set <name>', 'the filters of a saved set as well')
    .option('--include-same-patient', 'also lesions of the query’s own patient')
    .option(
      '--hits-per-patient <n>',
      'how many hits a patient may give',
      wholeNumber('--hits-per-patient', 1, 1000),
      1,
    )
    .action((options: SearchOptions) =>
      withLibrary(
        options,
        false,
        async (host) => {
          const { method, encoder, top, includeSamePatient, hitsPerPatient } = options;
          const query = searchQuery(host, options);
          const where = [...(await savedFilters(host, options.set)), ...options.where];
          const params = { query, method, encoder, top, where, includeSamePatient, hitsPerPatient };
          const result = await host.engine.call('search.run', params, { signal: interrupted.signal });
          const { expected } = result;
          for (const note of [...(expected ? [expectedShare(expected)] : []), ...result.notes])
            process.stderr.write(`note: ${note}\n`);
          return result;
        },
        (result) =>
          table(
            result.hits.map(({ rank, score, patient, lesion, diameterMm, diagnosis, labels }) => ({
              rank,
              score,
              patient,
              lesion,
              diameterMm,
              diagnosis: diagnosis ? `${diagnosis.diagnosis} (${diagnosis.proof})` : '',
              labels: JSON.stringify(labels),
            })),
          ),
      ),
    ),
);

program.addCommand(evaluateCommand);

program.addCommand(deleteCommand);
for (const one of encryptionCommands) program.addCommand(one);
program.addCommand(exportCommand);
program.addCommand(filtersCommand);
program.addCommand(encoderCommands);
program.addCommand(explainCommand);
program.addCommand(benchCommands);
program.addCommand(auditCommands);

program.addCommand(verifyCommand);
for (const one of backupCommands) program.addCommand(one);

program.addCommand(
  command('doctor', 'versions, providers, GPU, display, disk')
    .option('--library <dir>', 'also the disk of this library')
    .option('--retry', 'forget what was measured of the encoder here, and try every provider again')
    .action(async (options: { library?: string; retry?: boolean; json?: boolean }) => {
      const report = await doctor(options);
      process.stdout.write(`${options.json ? JSON.stringify(report) : JSON.stringify(report, null, 2)}\n`);
    }),
);

function strict(parent: Command): void {
  for (const child of parent.commands) {
    child.exitOverride().configureOutput({ outputError: () => undefined });
    strict(child);
  }
}
strict(program);

/** Runs one command to its end; `process.exitCode` says how it ended. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  process.once('SIGINT', () => interrupted.abort());
  // A reader of the output that wants no more of it, like `head`, is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  await program.parseAsync(args, { from: 'user' }).catch(tell);
}

/** Says in one line on stderr what a command could not do. */
function tell(error: unknown): void {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return;
    process.exitCode = 2;
    // Without a subcommand the help itself was the answer.
    if (error.code === 'commander.help') return;
    process.stderr.write(
      `${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}; see precedent --help\n`,
    );
    return;
  }
  const typed = PrecedentError.from(error);
  process.stderr.write(`${typed.message.replaceAll('\n', ' ')}\n`);
  process.exitCode = typed.kind === 'usage' ? 2 : 1;
}
