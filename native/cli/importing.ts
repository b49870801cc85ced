/** The commands around an import: import itself, its conflicts, originals that were moved, and the text of reports. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { archiveFile } from '../contract/archive.ts';
import { PrecedentError } from '../contract/errors.ts';
import { conflictDecisions, type ImportOptions, type ImportReport } from '../contract/jobs.ts';
import { type Common, everything, interrupted, libraryCommand, withLibrary } from './commands.ts';
import { checkReadable } from './host.ts';
import { progressPrinter, table } from './output.ts';

export function reportText({ imported, unchanged, skipped, warnings }: ImportReport): string {
  const reports = imported.reports > 0 ? `, ${imported.reports} reports` : '';
  const lines = [
    `imported ${imported.patients} patients, ${imported.studies} studies, ${imported.volumes} volumes, ${imported.lesions} lesions${reports}; ${unchanged} unchanged, ${skipped.length} skipped`,
    ...skipped.map(({ path, reason }) => `skipped ${path}: ${reason}`),
    ...warnings.map((warning) => `note: ${warning}`),
  ];
  return lines.join('\n');
}

interface ImportFlags extends Common, Pick<ImportOptions, 'lesionPer' | 'onConflict'> {
  readonly labels?: string;
  readonly copy?: boolean;
  readonly deidentify?: boolean;
}
const importCommand = libraryCommand(
  'import',
  'import CT series, masks and reports; an equal import that was cut off goes on',
)
  .argument('<path...>', 'folders, files, ZIP archives, a DICOMDIR')
  .option('--labels <file>', 'a CSV table whose first column names the case, or JSON')
  .option('--copy', 'keep a verified copy of the originals in the library')
  .option('--deidentify', 'keep de-identified copies only (DICOM PS3.15 Basic Profile)')
  .addOption(
    new Option('--lesion-per <what>', 'one lesion for each').choices(['roi', 'component']).default('roi'),
  )
  .addOption(
    new Option('--on-conflict <decision>', 'when the library holds other content under the same UIDs')
      .choices(['ask', ...conflictDecisions])
      .default('ask'),
  )
  .action((paths: string[], options: ImportFlags) => {
    // Before a library is made of a mistyped line.
    for (const path of options.labels === undefined ? paths : [...paths, options.labels]) checkReadable(path);
    const [first = ''] = paths;
    if (paths.length === 1 && existsSync(join(first, archiveFile))) return takeArchive(options, first);
    return withLibrary(
      options,
      true,
      (host) => {
        const { labels, copy, deidentify, lesionPer, onConflict } = options;
        return host.engine.call(
          'import.run',
          {
            sources: paths.map((path) => host.grant(path, 'read')),
            labels: labels === undefined ? undefined : host.grant(labels, 'read'),
            lesionPer,
            copy,
            deidentify,
            onConflict,
          },
          { signal: interrupted.signal, onProgress: progressPrinter() },
        );
      },
      reportText,
    );
  });

/** The export of a whole library, into one that holds no cases. */
function takeArchive(options: Common, folder: string): Promise<void> {
  return withLibrary(
    options,
    true,
    (host) =>
      host.engine.call(
        'archive.read',
        { source: host.grant(folder, 'read') },
        { signal: interrupted.signal, onProgress: progressPrinter() },
      ),
    ({ volumes, lesions }) => `took in ${volumes} volumes and ${lesions} lesions, as they were exported`,
  );
}

const conflictsCommand = libraryCommand(
  'conflicts',
  'list or settle files whose UIDs the library knows otherwise',
)
  .option('--decide <id>', 'settle this one')
  .addOption(new Option('--by <decision>', 'how').choices([...conflictDecisions]).default('keep'))
  .action((options: Common & { decide?: string; by: (typeof conflictDecisions)[number] }) =>
    withLibrary(
      options,
      false,
      async ({ engine }) => {
        if (options.decide === undefined) return engine.call('conflicts.list', {});
        const left = await engine.call('conflicts.decide', {
          conflict: options.decide,
          decision: options.by,
        });
        await settled(engine);
        return left;
      },
      (rows) =>
        table(rows.map(({ id, patient, path, files, volume }) => ({ id, patient, path, files, volume }))),
    ),
  );

/** Waits until no job runs: a decision is a piece of work of its job. */
async function settled(engine: Parameters<Parameters<typeof withLibrary>[2]>[0]['engine']): Promise<void> {
  const isBusy = async () => (await engine.call('jobs.list', {})).some(({ state }) => state === 'running');
  while (await isBusy()) await new Promise((resolve) => setTimeout(resolve, 100));
}

const originalsCommand = libraryCommand(
  'originals',
  'list volumes whose original files are not where they were',
)
  .option('--locate <folder>', 'look for them there')
  .action((options: Common & { locate?: string }) =>
    withLibrary(
      options,
      false,
      async (host) => {
        if (options.locate === undefined) return host.engine.call('originals.check', {});
        const folder = host.grant(options.locate, 'read');
        const { missing } = await host.engine.call(
          'originals.locate',
          { folder },
          { signal: interrupted.signal },
        );
        return missing;
      },
      (rows) => table(rows.map(({ volume, path, files, missing }) => ({ volume, path, files, missing }))),
    ),
  );

const reportsCommand = libraryCommand('reports', 'find words in the reports, or print those of a study')
  .option('--find <words>', 'words, "phrases", -without, prefix*')
  .option('--study <uid>', 'the reports of this study')
  .action((options: Common & { find?: string; study?: string }) =>
    withLibrary(
      options,
      false,
      async ({ engine }) => {
        const { find, study } = options;
        if (study !== undefined) return engine.call('reports.list', { study });
        if (find === undefined)
          throw new PrecedentError('usage', 'name what to look for', undefined, 'give --find or --study');
        return (await engine.call('reports.find', { text: find, offset: 0, limit: everything })).rows;
      },
      (rows) =>
        table(
          rows.map((row) => ({
            study: row.study,
            date: row.date ?? '',
            text: 'excerpt' in row ? plain(row.excerpt) : row.text,
          })),
        ),
    ),
  );

/** An excerpt without the control characters around the found words. */
function plain(excerpt: string): string {
  return excerpt.replaceAll(String.fromCharCode(2), '').replaceAll(String.fromCharCode(3), '');
}

export const importCommands: readonly Command[] = [
  importCommand,
  conflictsCommand,
  originalsCommand,
  reportsCommand,
];
