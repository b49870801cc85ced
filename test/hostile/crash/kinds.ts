/** The changes that users make by hand, each with what it makes of the library: labels, marks on hits, searches, measurements, lesions, encoders. */
import { randomUUID } from 'node:crypto';
import type { AnnotationShape } from '../../../native/contract/annotations.ts';
import type { LabelChange } from '../../../native/contract/library.ts';
import type { SavedSearch } from '../../../native/contract/savedQueries.ts';
import type { Random } from '../../../native/random.ts';
import type { Box } from '../../../native/volume/volume.ts';
import { type Kind, ledger, type Step, type Work } from './ledger.ts';
import type { Session } from './session.ts';

/** What a library held before the first kill: these are changed, what comes later is left alone. */
export interface Known {
  readonly lesions: readonly string[];
  readonly volumes: readonly { readonly id: string; readonly dims: readonly number[] }[];
  /** Folders of encoders that may be added, by id. */
  readonly encoders: Readonly<Record<string, string>>;
}

type Words = Readonly<Record<string, string>>;
const everything = { offset: 0, limit: 10_000 };
const entries = (record: object) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
const without = <T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> => {
  const { [name]: _, ...others } = record;
  return others;
};
const newName = (random: Random) => `v${random.int(0, 1e9)}`;

interface Labels {
  readonly said: Readonly<Record<string, Words>>;
  /** The newest change in the audit, which comes with its labels or not at all. */
  readonly last: string;
  /** What was said before it, where that is known and not taken back yet. */
  readonly before?: Readonly<Record<string, Words>>;
}
const labelNames = ['crash a', 'crash b', 'crash c'];

function labels({ lesions }: Known): Kind<Labels> {
  const edited = (said: Words, changes: readonly LabelChange[]): Words =>
    changes.reduce((now, { name, value }) => {
      const others = without(now, name);
      return value === null ? others : Object.assign(others, { [name]: value });
    }, said);
  const edit = (state: Labels, chosen: readonly string[], changes: readonly LabelChange[]): Labels => ({
    said: Object.fromEntries(
      Object.entries(state.said).map(([lesion, said]) => [
        lesion,
        chosen.includes(lesion) ? edited(said, changes) : said,
      ]),
    ),
    last: changes
      .map(({ name, value }) => (value === null ? `${name} removed` : `${name} = ${value}`))
      .join(', '),
    before: state.said,
  });
  return {
    name: 'relabel',
    read: async ({ ask }) => {
      const { rows } = await ask('lesions.list', everything);
      const [last] = await ask('library.changes', {});
      const known = rows.filter(({ id }) => lesions.includes(id));
      return { said: Object.fromEntries(known.map((row) => [row.id, row.labels])), last: last?.what ?? '' };
    },
    shown: ({ said, last }) => [entries(said).map(([lesion, words]) => [lesion, entries(words)]), last],
    next: (state, random) => {
      const { before } = state;
      if (before && random.next() < 0.25) {
        return {
          request: async ({ ask }) => {
            const [last] = await ask('library.changes', {});
            await ask('library.undo', { change: last.id });
          },
          after: { said: before, last: `Undo: ${state.last}` },
        };
      }
      const [name, other] = random.shuffle(labelNames);
      const value = newName(random);
      if (random.next() < 0.4) {
        const lesion = random.pick(lesions);
        return {
          request: ({ ask }) => ask('lesion.label', { lesion, name, value }),
          after: edit(state, [lesion], [{ name, value }]),
        };
      }
      const chosen = random.shuffle(lesions).slice(0, random.int(2, lesions.length));
      const changes = [{ name, value }, ...(random.next() < 0.5 ? [{ name: other, value: null }] : [])];
      return {
        request: ({ ask }) => ask('library.edit', { lesions: chosen, changes }),
        after: edit(state, chosen, changes),
      };
    },
  };
}

/** By query and hit, whether the hit was marked as like it. */
function feedback({ lesions }: Known): Kind<Readonly<Record<string, boolean>>> {
  return {
    name: 'feedback',
    read: async ({ ask }) =>
      Object.fromEntries(
        (await ask('feedback.list', {})).map(({ lesion, hit, relevant }) => [`${lesion} ${hit}`, relevant]),
      ),
    shown: entries,
    next: (state, random) => {
      const lesion = random.pick(lesions);
      const query = { lesion };
      if (random.next() < 0.1) {
        const others = Object.entries(state).filter(([marked]) => !marked.startsWith(`${lesion} `));
        return { request: ({ ask }) => ask('feedback.clear', { query }), after: Object.fromEntries(others) };
      }
      const hit = random.pick(lesions);
      const relevant = random.pick([true, false, null]);
      return {
        request: ({ ask }) => ask('feedback.mark', { query, hit, relevant, method: 'lesion' }),
        after:
          relevant === null
            ? without(state, `${lesion} ${hit}`)
            : { ...state, [`${lesion} ${hit}`]: relevant },
      };
    },
  };
}

function searchFor(title: string): SavedSearch {
  const options = { method: null, where: [], includeSamePatient: false, hitsPerPatient: 1, top: 10 };
  return { query: { text: title }, title, plane: 'axial', also: [], combine: 'and', marks: [], options };
}

/** Titles by name. */
function savedSearches(): Kind<Words> {
  return {
    name: 'saved searches',
    read: async ({ ask }) =>
      Object.fromEntries(
        (await ask('savedQueries.list', {})).map(({ name, search }) => [name, search.title]),
      ),
    shown: entries,
    next: (state, random) => {
      const names = Object.keys(state);
      const what = names.length > 6 ? 'remove' : random.pick(['save', 'save', 'replace', 'rename', 'remove']);
      if (names.length === 0 || what === 'save' || what === 'replace') {
        const name = what === 'replace' && names.length > 0 ? random.pick(names) : newName(random);
        const title = newName(random);
        return {
          request: ({ ask }) => ask('savedQueries.save', { name, search: searchFor(title) }),
          after: { ...state, [name]: title },
        };
      }
      const name = random.pick(names);
      if (what === 'remove')
        return { request: ({ ask }) => ask('savedQueries.remove', { name }), after: without(state, name) };
      const to = newName(random);
      return {
        request: ({ ask }) => ask('savedQueries.rename', { name, to }),
        after: { ...without(state, name), [to]: state[name] },
      };
    },
  };
}

type Measured = Pick<AnnotationShape, 'volume' | 'points' | 'label'>;

function measurements({ volumes }: Known): Kind<Readonly<Record<string, Measured>>> {
  const measured = volumes.slice(0, 2);
  return {
    name: 'measurements',
    read: async ({ ask }) => {
      const lists = await Promise.all(measured.map(({ id }) => ask('annotations.list', { volume: id })));
      return Object.fromEntries(
        lists.flat().map(({ id, volume, points, label }) => [id, { volume, points, label }]),
      );
    },
    shown: (state) => entries(state).map(([id, { volume, points, label }]) => [id, volume, points, label]),
    next: (state, random) => {
      const ids = Object.keys(state);
      if (ids.length > 6 || (ids.length > 0 && random.next() < 0.25)) {
        const annotation = random.pick(ids);
        return {
          request: ({ ask }) => ask('annotations.remove', { annotation }),
          after: without(state, annotation),
        };
      }
      const moved = ids.length > 0 && random.next() < 0.3 ? random.pick(ids) : undefined;
      const id = moved ?? randomUUID();
      const volume = moved === undefined ? random.pick(measured).id : state[moved].volume;
      const points: Measured['points'] = [
        [random.int(0, 9), 1, 1],
        [random.int(0, 9), 4, 1],
      ];
      const shape = { volume, points, label: newName(random) };
      return {
        request: ({ ask }) =>
          ask('annotations.save', { annotation: { id, kind: 'length', plane: 'axial', ...shape } }),
        after: { ...state, [id]: shape },
      };
    },
  };
}

/** Boxes of the lesions that were drawn, by their names. */
function drawnLesions({ volumes }: Known): Kind<Words> {
  const drawn = async ({ ask }: Session) =>
    (await ask('lesions.list', everything)).rows.filter(({ source }) => source === 'mark');
  return {
    name: 'lesions',
    read: async (session) =>
      Object.fromEntries(
        (await drawn(session)).map(({ name, boxIjk, labels: own }) => [name, `${boxIjk} ${own.drawn}`]),
      ),
    shown: entries,
    next: (state, random) => {
      const names = Object.keys(state);
      if (names.length > 3 || (names.length > 0 && random.next() < 0.4)) {
        const name = random.pick(names);
        return {
          request: async (session) => {
            const found = (await drawn(session)).find((lesion) => lesion.name === name);
            await session.ask('library.delete', { subject: { lesions: [found?.id ?? name] } });
          },
          after: without(state, name),
        };
      }
      const { id, dims } = random.pick(volumes);
      const [i, j, k] = dims.map((n) => random.int(1, n - 6));
      const box: [...Box] = [i, j, k, i + 4, j + 3, k + 2];
      const name = newName(random);
      const mask = { box, bits: new Uint8Array(5 * 4 * 3).fill(1) };
      return {
        request: ({ ask }) => ask('lesion.save', { volume: id, mask, name, labels: { drawn: name } }),
        after: { ...state, [name]: `${box} ${name}` },
      };
    },
  };
}

interface Chosen {
  readonly standard: string;
  readonly present: readonly string[];
}

/** Encoders added, made the default (which embeds the library anew) and removed with what they embedded. */
function encoders({ encoders: folders }: Known): Kind<Chosen> {
  const ids = Object.keys(folders);
  return {
    name: 're-embedding',
    read: async ({ ask }) => {
      const { encoder } = await ask('library.info', {});
      const there = await Promise.all(
        ids.map((id) =>
          ask('methods.list', { encoder: id }).then(
            () => [id],
            () => [],
          ),
        ),
      );
      return { standard: encoder.id, present: there.flat() };
    },
    shown: ({ standard, present }) => [standard, [...present].sort()],
    next: (state, random): Step<Chosen> => {
      const { standard, present } = state;
      const absent = ids.filter((id) => !present.includes(id));
      const others = present.filter((id) => id !== standard);
      if (others.length === 0 || (absent.length > 0 && random.next() < 0.5)) {
        const [id] = absent;
        return {
          request: ({ ask, grant }) => ask('encoders.add', { folder: grant(folders[id]) }),
          after: { standard, present: [...present, id] },
        };
      }
      const other = random.pick(others);
      if (random.next() < 0.5) {
        return {
          request: ({ ask }) => ask('encoders.setDefault', { encoder: other }),
          after: { standard: other, present },
        };
      }
      return {
        request: ({ ask }) => ask('encoders.remove', { encoder: other }),
        after: { standard, present: present.filter((id) => id !== other) },
      };
    },
  };
}

/** Searches, which write the index anew after whatever was embedded since. */
function searches({ lesions }: Known): Kind<null> {
  return {
    name: 'index',
    read: async () => null,
    shown: () => null,
    next: (_state, random) => ({
      request: ({ ask }) => ask('search.run', { query: { lesion: random.pick(lesions) } }),
      after: null,
    }),
  };
}

/** Every kind of change by hand, from the start. */
export function changesByHand(known: Known): Work[] {
  return [
    ledger(labels(known)),
    ledger(feedback(known)),
    ledger(savedSearches()),
    ledger(measurements(known)),
    ledger(drawnLesions(known)),
    ledger(searches(known)),
  ];
}

export function reEmbedding(known: Known): Work {
  return ledger(encoders(known));
}
