/** `bench 3dmir`: the benchmark 3D-MIR, on its captions alone or on folders of the Medical Segmentation Decathlon. */
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { mirCsv } from '../benchmark/mir/csv.ts';
import { leaveOneOut, type MirTable, readMirData } from '../benchmark/mir/data.ts';
import { imageDocument, type MirDocument, textDocument } from '../benchmark/mir/document.ts';
import { writeMirReport } from '../benchmark/mir/report.ts';
import { PrecedentError } from '../contract/errors.ts';
import { ensureFolder, writeFileAtomic } from '../files/files.ts';
import { command, openLibrary, passphraseOption } from './commands.ts';
import { checkReadable } from './host.ts';
import { searchMirImages } from './mirSearch.ts';
import { table } from './output.ts';

interface Options {
  readonly labels: string;
  readonly splits: string;
  readonly to: string;
  readonly input: string[];
  readonly encoder: string[];
  readonly library?: string;
  readonly passphraseFile?: string;
  readonly queries: 'test' | 'train';
  readonly textOnly?: boolean;
  readonly json?: boolean;
}

export const bench3dmir = command('3dmir', 'the 3D-MIR benchmark: HTML report, JSON and CSV')
  .requiredOption('--labels <dir>', 'its tables of labels and captions')
  .requiredOption('--splits <dir>', 'its splits into training and testing')
  .option('--input <folder...>', 'folders of the Medical Segmentation Decathlon', [])
  .option('--text-only', 'search captions alone; no images are needed')
  .addOption(
    new Option('--queries <part>', 'train: each training case searches the others')
      .choices(['test', 'train'])
      .default('test'),
  )
  .option('--encoder <id...>', 'the encoders; by default the default one and one of slices', [])
  .option('--library <dir>', 'where the images and their vectors are kept; else they are gone afterwards')
  .option(...passphraseOption)
  .option('--to <dir>', 'the folder for the report', '3dmir-report')
  .action(async (options: Options) => {
    const { input, library, labels, splits, queries, to, json } = options;
    for (const path of [labels, splits, ...input]) checkReadable(path);
    if (!options.textOnly && input.length === 0 && library === undefined) {
      const todo = 'name images with --input or --library, or search captions with --text-only';
      throw new PrecedentError('usage', 'there are no images', undefined, todo);
    }
    const published = await readMirData(labels, splits);
    const tables = queries === 'train' ? leaveOneOut(published) : published;
    const document = options.textOnly ? textDocument(tables) : await withImages(options, tables);
    const folder = await writeReportFolder(document, to);
    process.stdout.write(`${json ? JSON.stringify(document) : summary(document, folder)}\n`);
  });

async function withImages(
  { input, encoder, ...options }: Options,
  tables: readonly MirTable[],
): Promise<MirDocument> {
  const found = await openLibrary(options, (host) => searchMirImages(host, input, encoder, tables));
  return imageDocument(tables, found.cases, found.runs, found.encoder);
}

/** Writes report.html, report.json and the tables; returns the folder's absolute path. */
async function writeReportFolder(document: MirDocument, to: string): Promise<string> {
  const folder = resolve(to);
  await ensureFolder(folder);
  const files = {
    'report.html': writeMirReport(document),
    'report.json': `${JSON.stringify(document)}\n`,
    ...mirCsv(document),
  };
  for (const [name, content] of Object.entries(files))
    await writeFileAtomic(join(folder, name), Buffer.from(content));
  return folder;
}

function summary({ methods, rules }: MirDocument, folder: string): string {
  const rows = methods.map(({ index, name, leaked, queries, figures }) => {
    const at = (target: 'flag' | 'group', metric: 'p@3' | 'p@10' | 'ap') => {
      const interval = figures[target]?.corrected[metric].macro;
      return interval && `${interval.value.toFixed(3)} (${interval.lo.toFixed(2)}–${interval.hi.toFixed(2)})`;
    };
    return {
      index,
      method: leaked ? `${name} (leaked)` : name,
      queries,
      'flag P@3': at('flag', 'p@3'),
      'flag AP': at('flag', 'ap'),
      'group P@3': at('group', 'p@3'),
      'group P@10': at('group', 'p@10'),
      'group AP': at('group', 'ap'),
    };
  });
  const exceptions = rules.flatMap((rule) => rule.exceptions);
  const cases = rules.reduce((sum, rule) => sum + rule.cases, 0);
  return [
    table(rows),
    `rules: flag and group follow from count and size in ${cases - exceptions.length} of ${cases} cases; exceptions: ${exceptions.map(({ organ, name }) => `${organ} ${name}`).join(', ') || 'none'}`,
    `report: ${join(folder, 'report.html')}`,
  ].join('\n');
}
