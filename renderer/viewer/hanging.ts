/** Which layout a patient's volumes are hung in, and which of them where: rules from a table in resources, the first that fits counts. */
import { z } from 'zod';
import { type Plane, planes } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import table from '../../resources/hanging/rules.json' with { type: 'json' };
import type { Examination } from './examinations.ts';
import { type LayoutName, layoutNames, layouts, slabsMm } from './layouts.ts';
import { type Window, windowPresets } from './presets.ts';

const bounds = z.strictObject({ least: z.number().optional(), most: z.number().optional() });
const pattern = z.string().refine((text) => {
  try {
    return new RegExp(text, 'i') instanceof RegExp;
  } catch {
    return false;
  }
}, 'no regular expression');

const hungPane = z.strictObject({
  /** `current`: the open volume; `other`: the next other series of its examination; `prior`: the one like it of the last examination before. */
  show: z.enum(['current', 'other', 'prior']),
  /** Of other and prior series, only those whose description or kernel says this. */
  series: pattern.optional(),
  plane: z.enum(planes),
  /** The name of a preset; without one the window is the one that is set. */
  window: z.enum(windowPresets.map(({ name }) => name)).optional(),
  slabMm: z.number().positive().optional(),
});

export const hangingRules = z.array(
  z.strictObject({
    name: z.string().min(1),
    /** All of these have to be so. */
    when: z.strictObject({
      prior: z.boolean().optional(),
      /** How many series the examination has. */
      series: bounds.optional(),
      /** Found in the description of the examination or of the open series. */
      about: pattern.optional(),
      thicknessMm: bounds.optional(),
    }),
    /** Unless the user chose another where this rule fitted before. */
    layout: z.enum(layoutNames),
    /** In the order of the panes; what is not there is passed over. */
    panes: z.array(hungPane).min(1),
  }),
);
export type HangingRule = z.infer<typeof hangingRules>[number];

export const deliveredRules: readonly HangingRule[] = hangingRules.parse(table);

export interface HungPane {
  readonly row: VolumeRow;
  readonly plane: Plane;
  readonly window: Window | null;
  readonly slabMm: number | null;
}

interface Found {
  readonly open: VolumeRow;
  readonly about: string;
  readonly others: readonly VolumeRow[];
  /** Volumes of the last examination before. */
  readonly prior: readonly VolumeRow[];
}

function found(open: VolumeRow, examinations: readonly Examination[]): Found {
  const current = examinations.find(({ volumes }) => volumes.some(({ id }) => id === open.id));
  const date = current?.study.date;
  const before = examinations.find(
    ({ study }) => date !== undefined && study.date !== undefined && study.date < date,
  );
  return {
    open,
    about: `${current?.study.description ?? ''} ${open.description ?? ''}`,
    others: current?.volumes.filter(({ id }) => id !== open.id) ?? [],
    prior: before?.volumes ?? [],
  };
}

export function ruleFor(
  open: VolumeRow,
  examinations: readonly Examination[],
  rules: readonly HangingRule[] = deliveredRules,
): HangingRule {
  const { about, others, prior } = found(open, examinations);
  const rule = rules.find(
    ({ when }) =>
      (when.prior === undefined || when.prior === prior.length > 0) &&
      within(others.length + 1, when.series) &&
      within(open.sliceThicknessMm ?? open.spacingMm[2], when.thicknessMm) &&
      (when.about === undefined || new RegExp(when.about, 'i').test(about)),
  );
  return rule ?? rules[rules.length - 1];
}

/** What stands in each pane of a layout: the rule's panes as far as there is something for them, then planes of the open volume and a slab of it. */
export function hungPanes(
  layout: LayoutName,
  open: VolumeRow,
  examinations: readonly Examination[],
  rule: HangingRule,
): readonly HungPane[] {
  const { panes: count, planes: fixed } = layouts[layout];
  if (fixed) return fixed.map((plane) => ({ row: open, plane, window: null, slabMm: null }));
  const { others, prior } = found(open, examinations);
  const waiting = [...others];
  const hung: HungPane[] = [];
  for (const { show, series, plane, window, slabMm } of rule.panes) {
    const fits = (row: VolumeRow) =>
      series === undefined || new RegExp(series, 'i').test(`${row.description ?? ''} ${row.kernel ?? ''}`);
    const next = waiting.find(fits);
    const row = show === 'current' ? open : show === 'prior' ? mostLike(open, prior.filter(fits)) : next;
    if (!row) continue;
    if (show === 'other') waiting.splice(waiting.indexOf(row), 1);
    hung.push({ row, plane, window: presetNamed(window), slabMm: slabMm ?? null });
  }
  for (const plane of planes) {
    if (!hung.some((pane) => pane.row.id === open.id && pane.plane === plane))
      hung.push({ row: open, plane, window: null, slabMm: null });
  }
  hung.push({ row: open, plane: 'axial', window: null, slabMm: slabsMm.usual });
  return hung.slice(0, count);
}

/** The volume that was made most like another: by description, kernel and contrast, then by thickness. */
function mostLike(row: VolumeRow, among: readonly VolumeRow[]): VolumeRow | undefined {
  const same = (one: VolumeRow, what: 'description' | 'kernel' | 'contrast') =>
    Number(one[what] !== undefined && one[what] === row[what]);
  const alike = (one: VolumeRow) =>
    4 * same(one, 'description') + 2 * same(one, 'kernel') + same(one, 'contrast');
  const thicker = (one: VolumeRow) => Math.abs(one.spacingMm[2] - row.spacingMm[2]);
  return [...among].sort((a, b) => alike(b) - alike(a) || thicker(a) - thicker(b))[0];
}

function within(value: number, range: z.infer<typeof bounds> | undefined): boolean {
  return (
    value >= (range?.least ?? Number.NEGATIVE_INFINITY) && value <= (range?.most ?? Number.POSITIVE_INFINITY)
  );
}

function presetNamed(name: string | undefined): Window | null {
  const preset = windowPresets.find((one) => one.name === name);
  return preset ? { width: preset.width, center: preset.center } : null;
}
