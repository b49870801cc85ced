/** What running a model takes: its file, inputs and output, whatever kind of encoder it belongs to. */
import type { Manifest } from './manifest.ts';

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

export function modelSpec({ id, version, model, input, output }: Manifest): ModelSpec {
  return {
    id,
    version,
    file: model.file,
    sha256: model.sha256,
    inputs: [{ name: input.name, type: 'float32', shape: input.shape }],
    output: { name: output.name, dim: output.dim },
  };
}
