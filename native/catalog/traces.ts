/** Whether a text names what is to be deleted: by an identifier, a path, a region of a volume, or a person's name. */

/** What the deleted are known by. */
export interface Traces {
  /** Opaque ids, UIDs, PatientIDs and paths of files: as whole values. */
  readonly exact: ReadonlySet<string>;
  /** Folders and archives in which nothing but the deleted lies. */
  readonly folders: ReadonlySet<string>;
  /** Identifiers that stand in texts of any kind: as words, one after the other. */
  readonly spelled: readonly string[];
  /** Parts of names, which may be words of another meaning too. */
  readonly parts: readonly string[];
  /** `volume box`, where what was drawn has just the box of a deleted lesion. */
  readonly regions: ReadonlySet<string>;
}

/** Shorter ones stand in too many texts of another meaning: they count as whole values alone. */
const leastSpelled = 4;
const separators = '[^\\p{L}\\p{N}]{1,3}';

export interface Tracer {
  /** A value as it stands: an id, a path. */
  isTrace(value: string): boolean;
  /** A text that people may have written. */
  names(text: string): boolean;
  /** Any value in a JSON text that is a trace; with `spelled`, also one that names the deleted in words. */
  jsonHolds(json: string, spelled: boolean): boolean;
}

/** @param traces of which `spelled` is looked for in texts */
export function tracerOf({ exact, folders, spelled, regions }: Omit<Traces, 'parts'>): Tracer {
  const pattern = patternOf(spelled);
  const isTrace = (value: string) => exact.has(value) || ancestors(value).some((path) => folders.has(path));
  const names = (text: string) => isTrace(text) || pattern?.test(text.normalize('NFC')) === true;
  const holds = (value: unknown, test: (text: string) => boolean): boolean => {
    if (typeof value === 'string') return test(value);
    if (value === null || typeof value !== 'object') return false;
    if ('volume' in value && 'box' in value && regions.has(`${value.volume} ${value.box}`)) return true;
    return Object.entries(value).some(([name, part]) => test(name) || holds(part, test));
  };
  return {
    isTrace,
    names,
    jsonHolds: (json, inWords) => holds(JSON.parse(json), inWords ? names : isTrace),
  };
}

/** A longer UID or word is another one. */
function patternOf(spelled: readonly string[]): RegExp | undefined {
  const found = spelled.flatMap((text) => {
    const words = text.normalize('NFC').match(/[\p{L}\p{N}]+/gu) ?? [];
    return words.join('').length < leastSpelled ? [] : [words.join(separators)];
  });
  if (found.length === 0) return undefined;
  return new RegExp(`(?<![\\p{L}\\p{N}]|\\d\\.)(?:${found.join('|')})(?![\\p{L}\\p{N}]|\\.\\d)`, 'iu');
}

/** The path itself and every folder or archive above it. */
export function ancestors(path: string): string[] {
  const found = [path];
  for (let cut = cutOf(path); cut > 0; cut = cutOf(path.slice(0, cut))) found.push(path.slice(0, cut));
  return found;
}

function cutOf(path: string): number {
  return Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
}
