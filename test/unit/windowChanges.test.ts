/** Two windows that change values of each other end with the same, in whatever order their messages arrive. */
import { describe, expect, test } from 'vitest';
import { type SharedValues, type WindowMessage, windowMessage } from '../../native/contract/windows.ts';
import { Changes } from '../../renderer/windows/changes.ts';

const values: SharedValues = {
  subject: null,
  options: { method: null, where: [], includeSamePatient: false, hitsPerPatient: 1, top: 10 },
  words: '',
  compare: null,
  surface: false,
  lastChange: 'mask',
  window: { width: 400, center: 40 },
  inverted: false,
  outlines: true,
  cornerText: true,
  identityHidden: false,
  cpuRendering: false,
  layout: 'strip',
  order: 'rank',
  group: null,
  plane: null,
  columns: false,
  pinned: [],
  hidden: [],
  numbered: [],
};
type Said = Extract<WindowMessage, { say: 'values' }>;

/** A window: what it holds, and what it said that the other has not heard yet. */
function windowOf(kind: 'first' | 'hits') {
  let held = values;
  const changes = new Changes(kind, held);
  const said: Said[] = [];
  return {
    said,
    held: () => held,
    all: () => changes.all(),
    change: (patch: Partial<SharedValues>) => {
      held = { ...held, ...patch };
      const message = changes.made(held);
      if (message) said.push(message);
    },
    hear: (message: Said) => {
      held = { ...held, ...changes.taken(message) };
      const echo = changes.made(held);
      if (echo) said.push(echo);
    },
  };
}

describe('values that two windows share', () => {
  test('a change goes over once, alone, and is not sent back', () => {
    const [first, hits] = [windowOf('first'), windowOf('hits')];
    first.change({ words: 'nodule' });
    expect(first.said).toHaveLength(1);
    expect(Object.keys(first.said[0].values)).toEqual(['words']);
    hits.hear(first.said[0]);
    expect(hits.held().words).toBe('nodule');
    expect(hits.said).toEqual([]);
    first.change({});
    expect(first.said).toHaveLength(1);
  });

  test('changes at the same time end alike in both', () => {
    const [first, hits] = [windowOf('first'), windowOf('hits')];
    first.change({ order: 'size' });
    hits.change({ order: 'diagnosis' });
    hits.change({ inverted: true });
    for (const message of first.said) hits.hear(message);
    for (const message of hits.said) first.hear(message);
    expect(first.held()).toEqual(hits.held());
    expect(first.held().inverted).toBe(true);
  });

  test('an old change that arrives late changes nothing', () => {
    const [first, hits] = [windowOf('first'), windowOf('hits')];
    first.change({ words: 'a' });
    first.change({ words: 'ab' });
    hits.hear(first.said[1]);
    hits.hear(first.said[0]);
    expect(hits.held().words).toBe('ab');
  });

  test('a page that begins gets all; what the other has changed meanwhile outlives a crash of the first', () => {
    const [first, hits] = [windowOf('first'), windowOf('hits')];
    first.change({ words: 'cyst' });
    hits.hear(first.all());
    expect(hits.held().words).toBe('cyst');
    hits.change({ inverted: true });
    const again = windowOf('first');
    hits.hear(again.all());
    expect(hits.held()).toMatchObject({ words: 'cyst', inverted: true });
    again.hear(hits.all());
    expect(again.held()).toEqual(hits.held());
    again.change({ words: 'cysts' });
    for (const message of again.said) hits.hear(message);
    expect(hits.held().words).toBe('cysts');
  });
});

describe('what the windows may say', () => {
  const message = (patch: object) =>
    windowMessage.safeParse({ say: 'values', values: patch, stamps: {} }).success;
  test('is what the contract knows', () => {
    expect(message(values)).toBe(true);
    expect(message({ window: { width: -1, center: 0 } })).toBe(false);
    expect(message({ layout: 'heap' })).toBe(false);
    expect(message({ compare: { lesion: 7 } })).toBe(false);
    expect(message({ subject: { token: 1 } })).toBe(false);
    expect(windowMessage.safeParse({ say: 'open', volume: '', lesion: null }).success).toBe(false);
    expect(windowMessage.safeParse({ say: 'quit' }).success).toBe(false);
    expect(windowMessage.safeParse({ say: 'values', values: {}, stamps: { title: {} } }).success).toBe(false);
  });
});
