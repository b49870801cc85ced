/** What an encoder.json may say, field by field; docs/encoders.md explains each. A kind of encoder is a row of the union. */
import { z } from 'zod';
import { featureNames } from '../radiomics/features.ts';

const planeNames = ['axial', 'coronal', 'sagittal'] as const;
export type PlaneName = (typeof planeNames)[number];
const poolingNames = ['median', 'max', 'mean', 'std'] as const;
export type PoolingName = (typeof poolingNames)[number];

const positive = z.number().positive();
const name = z.string().min(1);
const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'should be lower-case letters, digits and hyphens');
const side = z.int().min(8).max(1024);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'should be a SHA-256 in 64 lower-case hexadecimal digits');
/** A name, never a path: nothing outside the encoder's folder can be meant. */
const fileName = (ending: string, says: string) =>
  z
    .string()
    .regex(new RegExp(`^\\w[\\w.-]{0,99}\\.${ending}$`), `should be a plain file name ending in ${says}`);

const common = {
  format: z.literal(2),
  id,
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'should be three numbers with dots, like 1.0.0'),
  title: name,
  licence: name,
  model: z.strictObject({ file: fileName('onnx', '.onnx'), sha256 }),
  /** The other encoder whose vectors can be compared with this one's: texts with images. */
  sharedSpace: id.optional(),
  /** The cases that it was trained on, as a list or as a file with one a line. */
  training: z.union([z.array(name), fileName('txt', '.txt')]).optional(),
};

const maxDim = 4096;
const output = z.strictObject({
  name,
  dim: z.int().min(2).max(maxDim),
  /** `none` keeps the model's lengths; a search compares by cosine all the same. */
  normalisation: z.enum(['l2', 'none']).default('l2'),
  /** Stretches of the output, each of one length whatever the lesion, by which alone can be searched: from the first value to before the last. */
  parts: z.array(z.strictObject({ name, from: z.int().min(0), to: z.int().min(1) })).default([]),
});

/** What the image kinds have in common. */
const image = { ...common, output };

/** HU become 0…1 across each window; then (value − mean) / std. One window may serve several channels. */
const channels = {
  name,
  windows: z
    .array(z.strictObject({ name: name.optional(), center: z.number(), width: positive }))
    .min(1)
    .max(16),
  mean: z.array(z.number()).min(1).optional(),
  std: z.array(positive).min(1).optional(),
};

/** A square or cube of `margin` times the longest edge of the lesion's box, in the slice or in all directions. */
const lesionCrop = z.strictObject({ kind: z.literal('lesion'), margin: positive });
const fieldOfView = z.strictObject({ kind: z.literal('fieldOfView'), mm: positive });

const multiPlane = z.strictObject({
  ...image,
  kind: z.literal('multi-plane'),
  input: z.strictObject({
    ...channels,
    /** Of one lesion, without the batch axis: [scales × planes × (windows + mask), size, size]. */
    shape: z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]),
    planes: z.array(z.enum(planeNames)).min(1).max(3),
    /** A square of `margin` times the lesion's diameter (that of the sphere of its volume), or of `mm`, whatever its size. */
    scales: z
      .array(
        z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('tight'), margin: positive }),
          fieldOfView,
        ]),
      )
      .min(1)
      .max(4),
    size: side,
    /** One further channel for each picture: the lesion's membership 0…1, and 0 throughout where there is no mask. */
    maskChannel: z.boolean().default(false),
    /** A second input of the model: IBSI features of the lesion. `typical` is given where a scan has too few slices for them. */
    measurements: z
      .strictObject({
        name,
        of: z.array(z.strictObject({ name: z.enum(featureNames), typical: z.number() })).min(1),
      })
      .optional(),
  }),
});

const slice = z.strictObject({
  ...image,
  kind: z.literal('slice'),
  input: z.strictObject({
    ...channels,
    layout: z.enum(['NCHW', 'NHWC']),
    size: side,
    /** How many channels the model takes; with one window, this many copies of it. */
    channels: z.int().min(1).max(16).optional(),
    /** What of a slice that a lesion crosses is shown; a volume's own slices are always whole. */
    crop: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('slice') }),
      lesionCrop,
      fieldOfView,
    ]),
    resize: z.discriminatedUnion('kind', [
      /** A square as long as the longer edge, each pixel the mean of what it covers. */
      z.strictObject({ kind: z.literal('area') }),
      /** To 8 bits, Pillow's bicubic filter, centre crop: as open_clip prepares pictures. */
      z.strictObject({ kind: z.literal('clip'), mode: z.enum(['shortest', 'squash']) }),
    ]),
  }),
  pooling: z
    .strictObject({
      /** Not `std`: a lesion in one slice would have none. */
      lesion: z.enum(['median', 'max', 'mean']).default('mean'),
      volume: z
        .array(z.enum(poolingNames))
        .min(1)
        .default([...poolingNames]),
    })
    .default({ lesion: 'mean', volume: [...poolingNames] }),
});

const three = z.tuple([positive, positive, positive]);
const volume = z.strictObject({
  ...image,
  kind: z.literal('volume'),
  input: z.strictObject({
    ...channels,
    layout: z.enum(['NCDHW', 'NDHWC']),
    /** Points along depth (towards the head), height (towards the back), width (towards the left). */
    size: z.tuple([side, side, side]),
    channels: z.int().min(1).max(16).optional(),
    crop: z.discriminatedUnion('kind', [
      lesionCrop,
      fieldOfView,
      /** Distance of the points in mm: width, height, depth. */
      z.strictObject({ kind: z.literal('spacing'), mm: three }),
    ]),
    maskChannel: z.boolean().default(false),
  }),
});

const text = z.strictObject({
  ...common,
  kind: z.literal('text'),
  input: z.strictObject({
    /** The names of the model's int64 inputs; a model without mask or types leaves them out. */
    ids: name,
    mask: name.optional(),
    types: name.optional(),
    /** Tokens of every text, padded or cut off. */
    length: z.int().min(2).max(8192),
  }),
  tokenizer: z.strictObject({ file: fileName('(json|txt)', '.json or .txt'), sha256, padToken: name }),
  output,
});

type Issue = (path: readonly (string | number)[], message: string) => void;

export const manifestSchema = z
  .discriminatedUnion('kind', [slice, multiPlane, volume, text])
  .superRefine((manifest, ctx) => {
    const issue: Issue = (path, message) => ctx.addIssue({ code: 'custom', path: [...path], message });
    checkParts(manifest, issue);
    if (manifest.kind === 'text') return;
    checkChannels(manifest, issue);
    if (manifest.kind === 'multi-plane') checkShape(manifest, issue);
  });

export type Manifest = z.output<typeof manifestSchema>;
export type SliceManifest = Extract<Manifest, { kind: 'slice' }>;
export type MultiPlaneManifest = Extract<Manifest, { kind: 'multi-plane' }>;
export type VolumeManifest = Extract<Manifest, { kind: 'volume' }>;
export type TextManifest = Extract<Manifest, { kind: 'text' }>;
export type ImageManifest = Exclude<Manifest, TextManifest>;
export type Window = ImageManifest['input']['windows'][number];

/** The channels that windows fill in one picture, without that of a mask. */
export function windowChannels({ input }: ImageManifest): number {
  return ('channels' in input ? input.channels : undefined) ?? input.windows.length;
}

function checkChannels(manifest: ImageManifest, issue: Issue): void {
  const { windows, mean, std } = manifest.input;
  const channels = windowChannels(manifest);
  if (windows.length !== 1 && windows.length !== channels) {
    issue(['input', 'windows'], `should be one, or one for each of the ${channels} channels`);
  }
  for (const [field, values] of [
    ['mean', mean],
    ['std', std],
  ] as const) {
    if (values && values.length !== channels) issue(['input', field], `should have ${channels} values`);
  }
  if (manifest.kind === 'slice' && manifest.input.resize.kind === 'clip' && channels !== 3) {
    issue(['input', 'channels'], 'should be 3 with the resize rule clip');
  }
}

function checkParts({ output: { parts, dim } }: Manifest, issue: Issue): void {
  for (const [n, { from, to }] of parts.entries()) {
    if (from >= to || to > dim)
      issue(['output', 'parts', n], `should lie within the ${dim} values of the output`);
  }
}

function checkShape({ input }: MultiPlaneManifest, issue: Issue): void {
  const { planes, scales, windows, size, shape, maskChannel } = input;
  const expected = [planes.length * scales.length * (windows.length + Number(maskChannel)), size, size];
  if (expected.some((n, axis) => n !== shape[axis])) {
    issue(['input', 'shape'], `should be [${expected.join(', ')}]`);
  }
}
