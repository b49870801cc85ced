/** The commands around encoders: which there are, adding, checking and removing one, the default, and embedding with them. */
import { Command } from 'commander';
import type { EncoderTrial } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { type Level, levelNames } from '../contract/levels.ts';
import {
  type Common,
  command,
  interrupted,
  libraryCommand,
  passphraseOption,
  withLibrary,
  withoutLibrary,
} from './commands.ts';
import type { Host } from './host.ts';
import { progressPrinter, table } from './output.ts';

type Maybe = Omit<Common, 'library'> & { readonly library?: string };

const library = ['--library <dir>', 'a library, for the encoders that were added to it'] as const;

/** In the library that was named, or in an empty one with the built-in encoders alone. */
function within<T>(
  { library: folder, ...options }: Maybe,
  work: (host: Host) => Promise<T>,
  text: (result: T) => string,
): Promise<void> {
  return folder === undefined
    ? withoutLibrary(options, work, text)
    : withLibrary({ ...options, library: folder }, false, work, text);
}

function trialText({ encoder, deterministic, msPerItem }: EncoderTrial): string {
  const on = encoder.provider ? ` on ${encoder.provider}` : '';
  const item = encoder.kind === 'text' ? 'text' : 'lesion';
  return `${encoder.id} ${encoder.version}${on}: ${encoder.dim} values, ${msPerItem.toFixed(1)} ms a ${item}, ${deterministic ? 'the same twice' : 'NOT the same twice'}`;
}

const list = command('list', 'list them')
  .option(...library)
  .option(...passphraseOption)
  .action((options: Maybe) =>
    within(
      options,
      async ({ engine }) => {
        const { encoders, broken } = await engine.call('encoders.list', {});
        for (const { folder, problem } of broken) process.stderr.write(`note: ${folder}: ${problem}\n`);
        return encoders;
      },
      (rows) =>
        table(
          rows.map(({ id, version, kind, dim, licence, provider, isDefault, levels, missing }) => ({
            id,
            version,
            kind,
            dim,
            licence,
            provider,
            default: isDefault ? 'yes' : '',
            keeps: levels.join(', '),
            missing,
          })),
        ),
    ),
  );

const add = libraryCommand(
  'add',
  'check an encoder’s folder, try it on generated cases, and copy it into a library',
)
  .argument('<folder>', 'with an encoder.json; docs/encoders.md says what stands in it')
  .action((folder: string, options: Common) =>
    withLibrary(
      options,
      true,
      (host) =>
        host.engine.call(
          'encoders.add',
          { folder: host.grant(folder, 'read') },
          { signal: interrupted.signal },
        ),
      trialText,
    ),
  );

const check = command('check', 'run an encoder on generated cases')
  .argument('[id]')
  .option(...library)
  .option(...passphraseOption)
  .action((encoder: string | undefined, options: Maybe) =>
    within(
      options,
      ({ engine }) => engine.call('encoders.check', { encoder }, { signal: interrupted.signal }),
      trialText,
    ),
  );

const remove = libraryCommand('remove', 'remove an added encoder and all that it embedded')
  .argument('<id>')
  .action((encoder: string, options: Common) =>
    withLibrary(
      options,
      false,
      ({ engine }) => engine.call('encoders.remove', { encoder }),
      () => `removed ${encoder}`,
    ),
  );

const standard = libraryCommand(
  'default',
  'choose the encoder that searches use, and embed the library by it',
)
  .argument('<id>')
  .action((encoder: string, options: Common) =>
    withLibrary(
      options,
      false,
      async ({ engine }) => {
        await engine.call('encoders.setDefault', { encoder });
        return embedLibrary(engine, encoder, ['lesion']);
      },
      embeddedText,
    ),
  );

interface EmbedOptions extends Maybe {
  readonly input: string[];
  readonly mask: string[];
  readonly text: string[];
  readonly encoder?: string;
  readonly levels?: Level[];
}

const embed = command(
  'embed',
  'print the embeddings of files or texts, or embed a whole library at further levels',
)
  .option('--input <file...>', 'images; without a mask the whole image is the region', [])
  .option('--mask <file...>', 'their masks in the same order; alone, their shapes are embedded', [])
  .option('--text <words...>', 'texts, for an encoder of texts', [])
  .option('--encoder <id>', 'the encoder; the default one where none is named')
  .option('--levels <names>', `with --library: any of ${levelNames.join(',')}`, parseLevels)
  .option(...library)
  .option(...passphraseOption)
  .action((options: EmbedOptions) => {
    const { input, mask, text, encoder, levels } = options;
    if (levels !== undefined) return embedLevels(options, levels);
    return within(
      options,
      async (host) => {
        const inputs = input.map((path) => host.grant(path, 'read'));
        const masks = mask.map((path) => host.grant(path, 'read'));
        const params = { inputs, masks, texts: text, encoder };
        const rows = await host.engine.call('encoders.embed', params, { signal: interrupted.signal });
        const names = [text, input, mask].find((some) => some.length > 0) ?? [];
        return rows.map((row, n) => ({ input: names[n], ...row }));
      },
      (rows) => table(rows.map((row) => ({ input: row.input, encoder: row.encoder, dim: row.dim }))),
    );
  });

function embedLevels(options: EmbedOptions, levels: readonly Level[]): Promise<void> {
  const { library: folder, input, mask, text, encoder } = options;
  if (folder === undefined || input.length + mask.length + text.length > 0) {
    throw new PrecedentError(
      'usage',
      '--levels embeds a library',
      undefined,
      'name it with --library, and no files',
    );
  }
  return withLibrary(
    { ...options, library: folder },
    false,
    ({ engine }) => embedLibrary(engine, encoder, levels),
    embeddedText,
  );
}

function embedLibrary(engine: Host['engine'], encoder: string | undefined, levels: readonly Level[]) {
  return engine.call(
    'encoders.embedLibrary',
    { encoder, levels: [...levels] },
    { signal: interrupted.signal, onProgress: progressPrinter() },
  );
}

function embeddedText({ encoder, embedded, failed }: Awaited<ReturnType<typeof embedLibrary>>): string {
  const rows = table(embedded.map(({ level, pooling, vectors }) => ({ encoder, level, pooling, vectors })));
  return [rows, ...failed.map(({ volume, reason }) => `left out ${volume}: ${reason}`)].join('\n');
}

/** `slice,volume`. */
function parseLevels(text: string): Level[] {
  return text.split(',').map((name) => {
    const level = levelNames.find((known) => known === name.trim());
    if (level) return level;
    throw new PrecedentError(
      'usage',
      `"${name}" is no level`,
      '--levels',
      `choose from ${levelNames.join(', ')}`,
    );
  });
}

export const encoderCommands = new Command('encoders').description('the encoders of a library');
for (const one of [list, add, check, standard, remove, embed]) encoderCommands.addCommand(one);
