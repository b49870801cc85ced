/** What running a model takes: its file, inputs and output, whatever kind of encoder it belongs to. */
import type { Manifest } from './manifest.ts';
import { windowChannels } from './manifestSchema.ts';

/** An input by its name in the graph; `shape` is that of one item, without the batch axis. */
export interface ModelInput {
  readonly name: string;
  readonly type: 'float32' | 'int64';
  readonly shape: readonly number[];
}

/** `dim` values of float32 come out for each item. */
export interface ModelSpec {
  readonly id: string;
  readonly version: string;
  /** A plain file name in the encoder's folder, and the SHA-256 of its bytes. */
  readonly file: string;
  readonly sha256: string;
  readonly inputs: readonly ModelInput[];
  readonly output: { readonly name: string; readonly dim: number };
}

export function modelSpec(manifest: Manifest): ModelSpec {
  const { id, version, model, output } = manifest;
  return {
    id,
    version,
    file: model.file,
    sha256: model.sha256,
    inputs: modelInputs(manifest),
    output: { name: output.name, dim: output.dim },
  };
}

function modelInputs(manifest: Manifest): ModelInput[] {
  if (manifest.kind === 'text') {
    const { ids, mask, types, length } = manifest.input;
    return [ids, mask, types].flatMap((name): ModelInput[] =>
      name === undefined ? [] : [{ name, type: 'int64', shape: [length] }],
    );
  }
  const pictures: ModelInput = { name: manifest.input.name, type: 'float32', shape: pictureShape(manifest) };
  const measured = manifest.kind === 'multi-plane' ? manifest.input.measurements : undefined;
  return measured
    ? [pictures, { name: measured.name, type: 'float32', shape: [measured.of.length] }]
    : [pictures];
}

function pictureShape(manifest: Exclude<Manifest, { kind: 'text' }>): readonly number[] {
  switch (manifest.kind) {
    case 'multi-plane':
      return manifest.input.shape;
    case 'slice': {
      const { layout, size } = manifest.input;
      const channels = windowChannels(manifest);
      return layout === 'NCHW' ? [channels, size, size] : [size, size, channels];
    }
    case 'volume': {
      const { layout, size, maskChannel } = manifest.input;
      const channels = windowChannels(manifest) + Number(maskChannel);
      return layout === 'NCDHW' ? [channels, ...size] : [...size, channels];
    }
  }
}
