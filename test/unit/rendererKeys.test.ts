/** The tables of keys, mouse, presets and layouts: no key twice, conflicts refused, files exchanged. */
import { describe, expect, test } from 'vitest';
import { actionOf, bindingId, keyBindings } from '../../renderer/viewer/keys.ts';
import {
  type LayoutName,
  layoutNames,
  layouts,
  nextLayout,
  slabsMm,
  steppedSlab,
} from '../../renderer/viewer/layouts.ts';
import { dragOf } from '../../renderer/viewer/mouse.ts';
import { bindingsWith, changed, keysAsJson, keysFromJson } from '../../renderer/viewer/ownKeys.ts';
import { windowOf, windowPresets } from '../../renderer/viewer/presets.ts';
import { slabSlices } from '../../renderer/viewer/slab.ts';

const press = (key: string) => ({ key, mod: false, shift: false });

describe('keys', () => {
  test('no key and no action stands twice in the table', () => {
    const keys = keyBindings.flatMap((binding) => binding.keys);
    expect(keys.filter((key, n) => keys.indexOf(key) !== n)).toEqual([]);
    const ids = keyBindings.map(bindingId).filter((id) => id !== null);
    expect(ids.filter((id, n) => ids.indexOf(id) !== n)).toEqual([]);
  });

  test.each([
    ['1', 'autoWindow'],
    ['W', 'window'],
    ['p', 'pan'],
    ['z', 'zoom'],
    ['i', 'invert'],
    ['c', 'cine'],
    ['x', 'crosshair'],
    ['r', 'reset'],
    ['Home', 'firstSlice'],
    ['End', 'lastSlice'],
    ['PageDown', 'sliceForward'],
    ['f', 'find'],
    ['n', 'nextHit'],
    ['m', 'previousHit'],
    ['+', 'markLike'],
    ['-', 'markUnlike'],
  ])('%s is %s', (key, action) => {
    expect(actionOf(press(key))?.do).toBe(action);
  });

  test('an own key acts, and the delivered one no longer does', () => {
    const bindings = bindingsWith(changed({}, 'find', ['F9']));
    expect(actionOf(press('F9'), bindings)?.do).toBe('find');
    expect(actionOf(press('f'), bindings)).toBeNull();
  });

  test('a key that another action has is refused by name, as are keys the window needs', () => {
    expect(() => changed({}, 'find', ['w'])).toThrow(/W is taken: Window: drag/);
    expect(() => changed({}, 'find', ['ArrowLeft'])).toThrow(/is taken: Along the hits/);
    for (const key of ['Escape', 'Enter', 'Tab', '?', ' ', 'Mod+c', 'Alt'])
      expect(() => changed({}, 'find', [key])).toThrow(/cannot be assigned/);
    expect(() => changed({}, 'help', ['F9'])).toThrow(/no action/);
    // A key that was given up is free.
    const moved = changed({}, 'find', ['F9']);
    expect(changed(moved, 'invert', ['f'])).toEqual({ find: ['F9'], invert: ['f'] });
    expect(() => changed(moved, 'invert', ['F9'])).toThrow(/taken: Find similar/);
  });

  test('the delivered key again is no change', () => {
    expect(changed(changed({}, 'find', ['F9']), 'find', ['f'])).toEqual({});
  });

  test('exported keys come back, two that changed places as well', () => {
    const changes = { find: ['i'], invert: ['f'], 'preset Lung': ['Mod+9'] };
    expect(keysFromJson(keysAsJson(changes))).toEqual(changes);
    expect(keysFromJson(keysAsJson({}))).toEqual({});
  });

  test.each([
    ['not JSON', 'no JSON'],
    ['{"keys":{}}', 'no keys of Precedent'],
    ['{"precedentKeys":1,"keys":{"find":["w"]}}', 'two actions'],
    ['{"precedentKeys":1,"keys":{"find":["Escape"]}}', 'cannot be assigned'],
    ['{"precedentKeys":1,"keys":{"find":["ArrowLeft"]}}', 'two actions'],
  ])('a file that holds %s is refused', (text, reason) => {
    expect(() => keysFromJson(text)).toThrow(reason);
  });
});

describe('mouse', () => {
  const drag = (button: number, shiftKey = false, ctrlKey = false) =>
    dragOf({ button, shiftKey, ctrlKey, metaKey: false });
  test('left is the tool, middle pans, right zooms, modifiers lend the left one', () => {
    expect([drag(0), drag(1), drag(2)]).toEqual(['tool', 'pan', 'zoom']);
    expect([drag(0, true), drag(0, false, true), drag(0, true, true)]).toEqual(['pan', 'window', 'zoom']);
    expect([drag(1, true), drag(2, false, true), drag(3)]).toEqual(['pan', 'zoom', null]);
  });
});

describe('windows', () => {
  test('the presets have keys 2 to 9 and are windows', () => {
    expect(windowPresets.map(({ key }) => key).join('')).toBe('23456789');
    for (const { width, center } of windowPresets) {
      expect(width).toBeGreaterThan(0);
      expect(Math.abs(center)).toBeLessThan(1000);
    }
    expect(windowPresets.find(({ name }) => name === 'Liver')).toMatchObject({ width: 150, center: 60 });
  });

  test('the auto window spans what is not air, without its extremes', () => {
    const body = Array.from({ length: 1001 }, (_, n) => n - 500);
    const air = Array.from({ length: 5000 }, () => -1000);
    expect(windowOf([...air, ...body])).toEqual({ width: 980, center: 0 });
    expect(windowOf(air)).toBeNull();
    expect(windowOf([40, 40, 40])).toEqual({ width: 10, center: 40 });
  });
});

describe('layouts', () => {
  test('each follows another until the first is back', () => {
    const seen: LayoutName[] = [layoutNames[0]];
    while (seen.length < layoutNames.length) seen.push(nextLayout(seen[seen.length - 1]));
    expect(seen).toEqual([...layoutNames]);
    expect(nextLayout(seen[seen.length - 1])).toBe(layoutNames[0]);
    expect(layouts.planes.planes).toEqual(['axial', 'coronal', 'sagittal']);
    for (const { areas, panes } of Object.values(layouts))
      expect(new Set(areas.match(/[a-z]/g))).toEqual(new Set([...'abcd'].slice(0, panes)));
  });

  test('a slab takes the slices within half its thickness, inside the volume', () => {
    expect(slabSlices(10, 50, 2.5, 20)).toEqual({ first: 6, last: 14 });
    expect(slabSlices(1, 50, 2.5, 20)).toEqual({ first: 0, last: 5 });
    expect(slabSlices(49, 50, 2.5, 20)).toEqual({ first: 45, last: 49 });
    expect(slabSlices(10, 50, 2.5, null)).toEqual({ first: 10, last: 10 });
    expect(steppedSlab(null, 1)).toBeNull();
    expect(steppedSlab(20, 1)).toBe(25);
    expect(steppedSlab(slabsMm.least, -1)).toBe(slabsMm.least);
    expect(steppedSlab(slabsMm.most, 1)).toBe(slabsMm.most);
  });
});
