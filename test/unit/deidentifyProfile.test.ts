/** The table of PS3.15 and what is made of it: rows, codes, choices, method codes. */
import { describe, expect, it } from 'vitest';
import { Deidentifier } from '../../native/dicom/deidentify/identity.ts';
import { methodCodes } from '../../native/dicom/deidentify/method.ts';
import { actionCodes, choices, parseRows, ruleFor } from '../../native/dicom/deidentify/profile.ts';
import { profileEdition, profileRows } from '../../native/dicom/deidentify/table.ts';

const rows = parseRows(profileRows);

describe('the rows of table E.1-1', () => {
  it('are all there, once, of the edition they state', () => {
    expect(profileEdition).toBe('2026d');
    const tokens = profileRows.trim().split(/\s+/);
    expect(tokens).toHaveLength(657);
    expect(rows.size).toBe(657);
    const tags = tokens.map((token) => token.split(':')[0]).slice(0, -4);
    expect(tags).toEqual(tags.toSorted());
    expect(tags.every((tag) => /^[0-9a-f]{8}$/.test(tag))).toBe(true);
  });

  it('are as often of each action as in the edition', () => {
    const counts = Object.fromEntries(actionCodes.map((code) => [code, 0]));
    for (const { action } of rows.values()) counts[action]++;
    expect(counts).toEqual({
      X: 417,
      Z: 42,
      D: 93,
      U: 55,
      'X/Z': 11,
      'X/D': 23,
      'Z/D': 6,
      'X/Z/D': 8,
      'X/Z/U*': 2,
    });
    expect([...rows.values()].filter(({ temporal }) => temporal)).toHaveLength(169);
  });

  it.each([
    ['00080018', 'U', false],
    ['00080020', 'Z', true],
    ['00080050', 'Z', false],
    ['00080080', 'X/Z/D', false],
    ['0008103e', 'X', false],
    ['00081140', 'X/Z/U*', false],
    ['00100010', 'Z', false],
    ['00100020', 'Z/D', false],
    ['00100030', 'Z', false],
    ['00181030', 'X/D', false],
    ['0040a730', 'D', false],
    ['00400275', 'X', false],
    ['30060026', 'Z', false],
    ['30060008', 'Z', true],
    ['3004007f', 'X', false],
    ['50xxxxxx', 'X', false],
    ['60xx3000', 'X', false],
    ['60xx4000', 'X', false],
    ['odd', 'X', false],
  ])('%s is %s', (tag, action, temporal) => {
    expect(rows.get(tag)).toMatchObject({ action, temporal });
  });

  it('give a VR wherever more is done than to remove', () => {
    for (const [tag, rule] of rows) {
      if (rule.action !== 'X' || rule.temporal) expect(rule.vr, tag).toMatch(/^[A-Z]{2}$/);
    }
  });

  it('use no code that has no choice', () => {
    expect(Object.keys(choices).toSorted()).toEqual([...actionCodes].toSorted());
    expect(() => parseRows('00100010:Q')).toThrow('no such action');
  });
});

describe('what is done with an attribute', () => {
  const action = (tag: number) => ruleFor(tag)?.action;

  it('leaves what the table does not name', () => {
    // Modality, Slice Thickness, Rows, Pixel Data, Convolution Kernel, Overlay Rows
    for (const tag of [0x00080060, 0x00180050, 0x00280010, 0x7fe00010, 0x00181210, 0x60000010]) {
      expect(action(tag)).toBeUndefined();
    }
  });

  it('removes private attributes, group lengths, curves and overlays of every group', () => {
    for (const tag of [0x00090010, 0x00291010, 0xffff0001, 0x00080000, 0x00020010, 0x00041130]) {
      expect(action(tag)).toBe('X');
    }
    for (const tag of [0x50000005, 0x501e3000, 0x60003000, 0x60023000, 0x601e4000])
      expect(action(tag)).toBe('X');
  });

  it('adds what the table forgets', () => {
    expect(action(0x00100024)).toBe('X');
    expect(action(0x00100033)).toBe('X');
    expect(action(0x00200242)).toBe('U');
    expect(action(0x00620005)).toBe('D');
  });
});

it('names the profile and just the options that are on', () => {
  const secret = new Uint8Array(32).fill(7);
  const values = (context: Deidentifier) => methodCodes(context).map(({ value }) => value);
  expect(values(new Deidentifier(secret))).toEqual(['113100', '113105', '113107', '113108']);
  expect(
    values(new Deidentifier(secret, { retainPatientCharacteristics: false, cleanDescriptors: false })),
  ).toEqual(['113100', '113107']);
});
