/** `delete`: a patient, a study or a lesion for good. */
import { Argument } from 'commander';
import {
  type DeletionPlan,
  type DeletionSubject,
  deletionNouns,
  holdingNouns,
} from '../contract/deletion.ts';
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

function counted(plan: DeletionPlan, nouns: typeof deletionNouns): string {
  const parts = nouns.flatMap(([name, one, many]) =>
    plan[name] === 0 ? [] : [`${plan[name]} ${plan[name] === 1 ? one : many}`],
  );
  return parts.join(', ');
}

function heldBy(plan: DeletionPlan, { keepBackups }: DeleteOptions): string {
  const holding = counted(plan, holdingNouns);
  if (holding === '') return 'no backup holds it';
  if (keepBackups) return `kept until they expire or are removed: ${holding}`;
  return `and what may hold it: ${holding}`;
}

export const deleteCommand = libraryCommand(
  'delete',
  'delete a patient, a study or a lesion for good, with every trace; originals outside of the library are not touched',
)
  .addArgument(new Argument('<what>').choices([...kinds]))
  .argument('<id>', 'as `list` prints it under id')
  .option('--dry-run', 'say what would go, and delete nothing')
  .option('--keep-backups', 'leave backups, and what was set aside, that still hold it')
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
        return `${verb} ${counted(plan, deletionNouns)}; ${heldBy(plan, options)}`;
      },
    ),
  );
