/** How comparisons are looked at, whatever is compared; the user's profile keeps it. */
import { z } from 'zod';
import { create } from 'zustand';
import { planes } from '../../native/contract/mark.ts';
import { keep, readKept, whenKept } from '../ui/kept.ts';
import { compareLayoutNames } from './layouts.ts';

export const comparePanels = ['measurements', 'why', 'report'] as const;

const setupSchema = z.object({
  layout: z.enum(compareLayoutNames),
  plane: z.enum(planes),
  /** Each lesion fills the same part of its pane; else a mm is as long in every pane. */
  toFit: z.boolean(),
  panel: z.enum(comparePanels),
  /** Whether the panel leaves its room to the pictures. */
  folded: z.boolean(),
  /** Place in the table of rates. */
  flickerRate: z.number().int().min(0).max(20),
});
export type CompareSetup = z.infer<typeof setupSchema>;

const keptName = 'compare';
const delivered: CompareSetup = {
  layout: '1x2',
  plane: 'axial',
  toFit: false,
  panel: 'measurements',
  folded: false,
  flickerRate: 2,
};

export const useSetup = create<CompareSetup>(() => readKept(keptName, setupSchema) ?? delivered);
useSetup.subscribe((setup) => keep(keptName, setup));
whenKept(keptName, () => useSetup.setState(readKept(keptName, setupSchema) ?? delivered));
