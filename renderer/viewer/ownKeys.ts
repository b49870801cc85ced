/** The user's own keys: changes to the table, refused where they take another action's key, kept and exchanged as JSON. */
import { z } from 'zod';
import { create } from 'zustand';
import { PrecedentError } from '../../native/contract/errors.ts';
import { keep, readKept, whenKept } from '../ui/kept.ts';
import { bindingId, type KeyBinding, keyBindings, shownKey } from './keys.ts';

/** The keys of each action that has others than delivered. */
const keyChangesSchema = z.record(z.string().max(40), z.array(z.string().min(1).max(30)).max(4).readonly());
export type KeyChanges = Readonly<Record<string, readonly string[]>>;

const keysFile = z.object({ precedentKeys: z.literal(1), keys: keyChangesSchema });

/** Keys that the window, its menus and its text fields need for themselves. */
const reserved =
  /^(Tab|Enter|Escape|\?| |Shift|Control|Alt|AltGraph|Meta|Dead|Process|Unidentified|Mod\+[acvxqwr])$/;

/** The table with the user's changes. */
export function bindingsWith(changes: KeyChanges): readonly KeyBinding[] {
  return keyBindings.map((binding) => {
    const keys = changes[bindingId(binding) ?? ''];
    return keys && !binding.fixed ? { ...binding, keys } : binding;
  });
}

/** Why an action cannot have a key, or null where it can. */
export function refusal(bindings: readonly KeyBinding[], id: string, key: string): string | null {
  if (reserved.test(key)) return `${shownKey(key)} cannot be assigned`;
  const other = bindings.find((binding) => bindingId(binding) !== id && binding.keys.includes(key));
  return other ? `${shownKey(key)} is taken: ${other.name}` : null;
}

/** The changes with these keys for one action; none where they are the delivered ones. Throws `usage` on a conflict. */
export function changed(changes: KeyChanges, id: string, keys: readonly string[]): KeyChanges {
  const delivered = keyBindings.find((binding) => bindingId(binding) === id);
  if (!delivered || delivered.fixed)
    throw new PrecedentError('usage', `no action "${id}" has keys of the user's`);
  const bindings = bindingsWith(changes);
  for (const key of keys) {
    const reason = refusal(bindings, id, key);
    if (reason)
      throw new PrecedentError('usage', reason, undefined, 'choose another key, or free this one first');
  }
  const { [id]: _before, ...others } = changes;
  return keys.join(' ') === delivered.keys.join(' ') ? others : { ...others, [id]: [...keys] };
}

export function keysAsJson(changes: KeyChanges): string {
  const keys = Object.fromEntries(
    bindingsWith(changes).flatMap((binding) => {
      const id = bindingId(binding);
      return id === null || binding.fixed ? [] : [[id, binding.keys]];
    }),
  );
  return `${JSON.stringify({ precedentKeys: 1, keys }, null, 2)}\n`;
}

/** The changes that an exported file makes. Throws `usage` for what is no such file, or gives one key to two actions. */
export function keysFromJson(text: string): KeyChanges {
  const refuse = (reason: string): never => {
    throw new PrecedentError('usage', reason, undefined, 'import a file that was exported from the settings');
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse('the file is no JSON');
  }
  const file = keysFile.safeParse(json);
  if (!file.success) return refuse('the file holds no keys of Precedent');
  const { keys } = file.data;
  const owners = new Map(
    bindingsWith(keys)
      .filter((binding) => binding.fixed || binding.action === null)
      .flatMap((binding) => binding.keys.map((key) => [key, binding.name] as const)),
  );
  const changes: Record<string, readonly string[]> = {};
  for (const binding of keyBindings) {
    const id = bindingId(binding);
    if (id === null || binding.fixed) continue;
    const own = keys[id] ?? binding.keys;
    for (const key of own) {
      if (reserved.test(key)) refuse(`${shownKey(key)} cannot be assigned`);
      const owner = owners.get(key);
      if (owner !== undefined)
        refuse(`${shownKey(key)} is given to two actions: ${owner}, and ${binding.name}`);
      owners.set(key, binding.name);
    }
    if (own.join(' ') !== binding.keys.join(' ')) changes[id] = own;
  }
  return changes;
}

interface OwnKeys {
  readonly changes: KeyChanges;
  readonly bindings: readonly KeyBinding[];
}

const keptName = 'keys';

function table(changes: KeyChanges): OwnKeys {
  return { changes, bindings: bindingsWith(changes) };
}

export const useOwnKeys = create<OwnKeys>(() => table(readKeptChanges()));

/** Kept keys that no longer fit the table, as after an upgrade, are given up whole rather than half. */
function readKeptChanges(): KeyChanges {
  const kept = readKept(keptName, keyChangesSchema);
  if (!kept) return {};
  try {
    return keysFromJson(JSON.stringify({ precedentKeys: 1, keys: kept }));
  } catch {
    return {};
  }
}

whenKept(keptName, () => useOwnKeys.setState(table(readKeptChanges())));

export function setOwnKeys(changes: KeyChanges): void {
  useOwnKeys.setState(table(changes));
  keep(keptName, Object.keys(changes).length > 0 ? changes : null);
}

/** The first key of an action as it is written on the keyboard, '' where it has none. */
export function useShownKey(): (id: string) => string {
  const bindings = useOwnKeys((s) => s.bindings);
  return (id) => shownKey(bindings.find((binding) => bindingId(binding) === id)?.keys[0] ?? '');
}
