/** Which texts stand in which corner of a pane: the table in resources, checked when it is read. */
import { z } from 'zod';
import table from '../../resources/presets/corners.json' with { type: 'json' };

const cornerFields = [
  'title',
  'interval',
  'patient',
  'studyDate',
  'description',
  'cine',
  'keyImage',
  'slice',
  'position',
  'density',
  'voxel',
  'thickness',
  'kernel',
  'contrast',
  'marks',
  'slab',
  'window',
  'zoom',
] as const;
export type CornerField = (typeof cornerFields)[number];

const line = z.strictObject({
  /** In their order; what a picture does not have is left out, and a line without anything too. */
  fields: z.array(z.enum(cornerFields)).min(1),
  strong: z.boolean().default(false),
  /** Of panes that show the same volume, on the first alone. */
  first: z.boolean().default(false),
});
const corner = z.array(line).max(8);

export const cornersSchema = z.strictObject({
  topLeft: corner,
  topRight: corner,
  bottomLeft: corner,
  bottomRight: corner,
});
export type Corners = z.infer<typeof cornersSchema>;
export type Corner = keyof Corners;

export const corners: Corners = cornersSchema.parse(table);
export const cornerNames: readonly Corner[] = ['topLeft', 'topRight', 'bottomLeft', 'bottomRight'];
