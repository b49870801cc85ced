/** Writes enhanced (multi-frame) CT for tests: functional groups per frame and shared. */
import { ctElements, type Elements, type SliceOptions } from './dicomWriter.ts';

export const enhancedCt = '1.2.840.10008.5.1.4.1.1.2.1';

/** A sequence of one item. */
export const group = (elements: Elements): Elements[string] => ['SQ', [elements]];

/** What a writer usually puts into the item of a frame, 2.5 mm after the one before. */
export function frameGroups(frame: number): Elements {
  return {
    '00189329': group({
      '00089007': ['CS', 'ORIGINAL\\PRIMARY\\VOLUME\\NONE'],
      '00089205': ['CS', 'MONOCHROME'],
      '00089206': ['CS', 'VOLUME'],
    }),
    '00209111': group({
      '00189074': ['DT', `20261123101500.${frame}+0100`],
      '00209156': ['US', 4],
      '00209057': ['UL', frame + 1],
    }),
    '00209113': group({ '00200032': ['DS', `-10\\20\\${2.5 * frame}`] }),
    '00289145': group({
      '00281052': ['DS', String(-1000 - frame)],
      '00281053': ['DS', '2'],
      '00281054': ['LO', 'HU'],
    }),
  };
}

export const sharedGroups: Elements = {
  '00209116': group({ '00200037': ['DS', '0\\1\\0\\0\\0\\-1'] }),
  '00289110': group({ '00180050': ['DS', '3'], '00280030': ['DS', '0.7\\0.6'] }),
  '00289132': group({ '00281050': ['DS', '40'], '00281051': ['DS', '350'] }),
};

/** An enhanced CT of so many frames, stored values counting up through all of them. Nothing of the geometry is in the root. */
export function enhancedElements(
  frames: number,
  options: SliceOptions & { readonly perFrame?: readonly Elements[]; readonly shared?: Elements } = {},
): Elements {
  const { rows = 3, columns = 4, perFrame, shared = sharedGroups } = options;
  return {
    ...ctElements({ stored: Array.from({ length: frames * rows * columns }, (_, n) => n), ...options }),
    '00080016': ['UI', enhancedCt],
    '00180050': undefined,
    '00200032': undefined,
    '00200037': undefined,
    '00280008': ['IS', String(frames)],
    '00280030': undefined,
    '00281052': undefined,
    '00281053': undefined,
    '52009229': ['SQ', [shared]],
    '52009230': ['SQ', perFrame ?? Array.from({ length: frames }, (_, n) => frameGroups(n))],
    ...options.elements,
  };
}
