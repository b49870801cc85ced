/** `delete`: a patient, a study or a lesion for good. */
import { Argument } from 'commander';
import type { DeletionPlan, DeletionSubject } from '../contract/deletion.ts';
import { type Common, interrupted, libraryCommand, withLibrary } from './commands.ts';

interface DeleteOptions extends Common {
  readonly dryRun?: boolean;
  readonly keepBackups?: boolean;
}
const kinds = ['patient', 'study', 'lesion'] as const;
type Kind = (typeof kinds)[number];

function subjectOf(kind: Kind, id: string): DeletionSubject {
  if (kind === 'patient') return { patient: id };
  return kind === 'study' ? { study: id } : { lesions: [id] };
}

const nouns: readonly (readonly [keyof DeletionPlan, string, string])[] = [
  ['patients', 'patient', 'patients'],
  ['studies', 'study', 'studies'],
  ['volumes', 'volume', 'volumes'],
  ['lesions', 'lesion', 'lesions'],
  ['reports', 'report', 'reports'],
  ['drawn', 'measurement or key image', 'measurements and key images'],
  ['copies', 'private copy of originals', 'private copies of originals'],
  ['searches', 'saved search', 'saved searches'],
];

function counted(plan: DeletionPlan): string {
  const parts = nouns.flatMap(([name, one, many]) =>
    plan[name] === 0 ? [] : [`${plan[name]} ${plan[name] === 1 ? one : many}`],
  );
  return parts.join(', ');
}

function backupsOf({ backups }: DeletionPlan, { dryRun, keepBackups }: DeleteOptions): string {
  if (backups === 0) return 'no backup holds it';
  const count = backups === 1 ? '1 backup' : `${backups} backups`;
  if (keepBackups) return `${count} keep it until they expire or are removed`;
  return dryRun ? `and ${count} that hold it` : `and ${count} that held it`;
}

export const deleteCommand = libraryCommand(
  'delete',
  'delete a patient, a study or a lesion for good, with every trace; originals outside of the library are not touched',
)
  .addArgument(new Argument('<what>').choices([...kinds]))
  .argument('<id>', 'as `list` prints it under id')
  .option('--dry-run', 'say what would go, and delete nothing')
  .option('--keep-backups', 'leave backups that still hold it until they expire')
  .action((what: Kind, id: string, options: DeleteOptions) =>
    withLibrary(
      options,
      false,
      ({ engine }) => {
        const subject = subjectOf(what, id);
        if (options.dryRun) return engine.call('library.deletion', { subject });
        const backups = options.keepBackups ? 'keep' : 'purge';
        return engine.call('library.delete', { subject, backups }, { signal: interrupted.signal });
      },
      (plan) => {
        const verb = options.dryRun ? 'would delete' : 'deleted';
        return `${verb} ${counted(plan)}; ${backupsOf(plan, options)}`;
      },
    ),
  );
