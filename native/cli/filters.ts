/** `filters`: the named sets of filters of a library. */
import type { Filter } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { collect, parseFilter } from './arguments.ts';
import { type Common, libraryCommand, withLibrary } from './commands.ts';
import type { Host } from './host.ts';
import { table } from './output.ts';

interface FilterOptions extends Common {
  readonly save?: string;
  readonly where: readonly Filter[];
  readonly remove?: string;
}

export const filtersCommand = libraryCommand('filters', 'list, save and remove named sets of filters')
  .option('--save <name>', 'keep the filters of --where under this name')
  .option('--where <field=value>', 'a filter of the set that is saved', collect(parseFilter), [])
  .option('--remove <name>', 'remove this set')
  .action((options: FilterOptions) =>
    withLibrary(
      options,
      false,
      async ({ engine }) => {
        const { save, where, remove } = options;
        if ((save === undefined) !== (where.length === 0)) {
          const todo = 'give --save NAME and at least one --where field=value together';
          throw new PrecedentError('usage', 'a set has a name and filters', undefined, todo);
        }
        if (remove !== undefined) await engine.call('filterSets.remove', { name: remove });
        if (save !== undefined) await engine.call('filterSets.save', { name: save, where: [...where] });
        return engine.call('filterSets.list', {});
      },
      (sets) =>
        table(
          sets.map((set) => ({
            name: set.name,
            filters: set.where.map(({ field, value }) => `${field}=${value}`).join(' '),
          })),
        ),
    ),
  );

/** The filters that were saved under a name. Throws `usage` for another name, with those there are. */
export async function savedFilters(host: Host, name: string | undefined): Promise<readonly Filter[]> {
  if (name === undefined) return [];
  const sets = await host.engine.call('filterSets.list', {});
  const set = sets.find((one) => one.name === name);
  if (set) return set.where;
  const known = sets.map((one) => one.name).join(', ') || 'none';
  throw new PrecedentError('usage', `there is no set of filters "${name}"`, '--set', `saved are: ${known}`);
}
