/** The command that writes parts of a library, or everything, in open formats. */
import type { Command } from 'commander';
import { PrecedentError } from '../contract/errors.ts';
import { type Common, interrupted, libraryCommand, withLibrary } from './commands.ts';
import { progressPrinter } from './output.ts';

interface ExportFlags extends Common {
  readonly volume?: string;
  readonly lesion?: string;
  readonly everything?: boolean;
  readonly to: string;
}

export const exportCommand: Command = libraryCommand(
  'export',
  'write a volume in HU, a lesion’s mask, or everything in open formats',
)
  .option('--volume <id>')
  .option('--lesion <id>')
  .option('--everything', 'the whole library with who its patients are, for `import` into a new one')
  .requiredOption('--to <path>', 'a .nii.gz file; with --everything a new folder')
  .action((options: ExportFlags) => (options.everything ? exportEverything(options) : exportOne(options)));

function exportOne(options: ExportFlags): Promise<void> {
  return withLibrary(
    options,
    false,
    (host) => {
      const { volume, lesion } = options;
      return host.engine.call('export.run', { volume, lesion, target: host.grant(options.to, 'write') });
    },
    ({ dims, bytes }) => `wrote ${dims.join(' × ')} voxels, ${bytes} bytes`,
  );
}

async function exportEverything(options: ExportFlags): Promise<void> {
  if (options.volume !== undefined || options.lesion !== undefined)
    throw new PrecedentError('usage', 'name one volume, one lesion or --everything to export');
  await withLibrary(
    options,
    false,
    (host) =>
      host.engine.call(
        'archive.write',
        { target: host.grant(options.to, 'write') },
        { signal: interrupted.signal, onProgress: progressPrinter() },
      ),
    ({ volumes, lesions, files, bytes }) =>
      `wrote ${volumes} volumes and ${lesions} lesions, ${files} files, ${bytes} bytes`,
  );
}
