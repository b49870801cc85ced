/**
 * Models with random weights of the true shapes of BiomedCLIP (ViT-B/16 at 224, PubMedBERT of 256 tokens, 512 out) and
 * MedImageInsight (480 pixels, 77 tokens, 1024 out; its image body is a single convolution, its text body as deep as asked).
 */
import { GraphWriter } from '../../tools/encoder/onnx.mjs';

export interface Depth {
  readonly layers: number;
  /** One layer's weights stand for all: the same work for the runtime, and a file one layer large. */
  readonly shared: boolean;
}

interface Block {
  readonly width: number;
  readonly heads: number;
  readonly tokens: number;
  /** Before attention and MLP as in ViT and CLIP, or behind them as in BERT. */
  readonly norm: 'before' | 'behind';
  readonly activation: 'gelu' | 'quickGelu';
  readonly epsilon: number;
}

const batch = 'batch';

/** `pixel_values` [batch, 3, 224, 224] → `embedding` [batch, 512]. */
export function biomedClipImage(depth: Depth): Buffer {
  const w = new RandomGraph();
  const vit: Block = {
    width: 768,
    heads: 12,
    tokens: 197,
    norm: 'before',
    activation: 'gelu',
    epsilon: 1e-6,
  };
  const patches = w.g.node('Conv', ['pixel_values', w.weights(768, 3, 16, 16), w.weights(768)], {
    strides: [16, 16],
  });
  const rows = w.g.node('Transpose', [w.reshape(patches, 0, 768, 196)], { perm: [0, 2, 1] });
  // The class token is what the position adds to a row of zeros.
  const padded = w.g.node('Pad', [rows, w.integers(0, 1, 0, 0, 0, 0)]);
  const body = w.blocks(w.add(padded, w.weights(1, 197, 768)), vit, depth);
  const classToken = w.g.node('Gather', [w.layerNorm(body, vit), w.integer(0)], { axis: 1 });
  w.g.node('MatMul', [classToken, w.weights(768, 512)], {}, 'embedding');
  return w.model({ name: 'pixel_values', dims: [batch, 3, 224, 224] }, 512);
}

/** `input_ids` [batch, 256] → `embedding` [batch, 512]; the mask follows from the padding, token 0. */
export function biomedClipText(depth: Depth, vocabulary: number): Buffer {
  const w = new RandomGraph();
  const bert: Block = {
    width: 768,
    heads: 12,
    tokens: 256,
    norm: 'behind',
    activation: 'gelu',
    epsilon: 1e-12,
  };
  const words = w.g.node('Gather', [w.weights(vocabulary, 768), 'input_ids']);
  const embedded = w.layerNorm(w.add(words, w.weights(1, 256, 768)), bert);
  const padding = w.cast(w.g.node('Equal', ['input_ids', w.integer(0)]));
  const body = w.blocks(embedded, bert, depth, w.perKey(w.g.node('Mul', [padding, w.scalar(-1e4)])));
  const classToken = w.g.node('Gather', [body, w.integer(0)], { axis: 1 });
  const hidden = w.gelu(w.g.node('MatMul', [classToken, w.weights(768, 640)]));
  w.g.node('MatMul', [hidden, w.weights(640, 512)], {}, 'embedding');
  return w.model({ name: 'input_ids', dims: [batch, 256], type: 'int64' }, 512);
}

/** `pixel_values` [batch, 3, 480, 480] → unit `embedding` [batch, 1024], by one convolution in place of DaViT. */
export function medImageInsightImage(): Buffer {
  const w = new RandomGraph();
  const patches = w.g.node('Conv', ['pixel_values', w.weights(2048, 3, 32, 32), w.weights(2048)], {
    strides: [32, 32],
  });
  const pooled = w.reshape(w.g.node('GlobalAveragePool', [patches]), 0, 2048);
  w.unit(w.g.node('MatMul', [pooled, w.weights(2048, 1024)]));
  return w.model({ name: 'pixel_values', dims: [batch, 3, 480, 480] }, 1024);
}

/** `input_ids`, `attention_mask` [batch, 77] → unit `embedding` [batch, 1024] of the token with the highest number. */
export function medImageInsightText(depth: Depth, vocabulary: number): Buffer {
  const w = new RandomGraph();
  const clip: Block = {
    width: 1024,
    heads: 16,
    tokens: 77,
    norm: 'before',
    activation: 'quickGelu',
    epsilon: 1e-12,
  };
  const words = w.g.node('Gather', [w.weights(vocabulary, 1024), 'input_ids']);
  const ignored = w.g.node('Sub', [w.cast('attention_mask'), w.scalar(1)]);
  const bias = w.perKey(w.g.node('Mul', [ignored, w.scalar(1e4)]));
  const body = w.layerNorm(w.blocks(w.add(words, w.weights(1, 77, 1024)), clip, depth, bias), clip);
  const end = w.g.node('ArgMax', [w.cast('input_ids')], { axis: 1, keepdims: 1 });
  const places = w.g.constant(
    [1, 77],
    Array.from({ length: 77 }, (_, place) => place),
  );
  const chosen = w.g.node('Unsqueeze', [w.cast(w.g.node('Equal', [places, end])), w.integers(1)]);
  const token = w.reshape(w.g.node('MatMul', [chosen, body]), 0, 1024);
  w.unit(w.g.node('MatMul', [token, w.weights(1024, 1024)]));
  const dims = [batch, 77];
  return w.model(
    [
      { name: 'input_ids', dims, type: 'int64' },
      { name: 'attention_mask', dims, type: 'int64' },
    ],
    1024,
  );
}

type Input = { readonly name: string; readonly dims: readonly (string | number)[]; readonly type?: string };

interface Linear {
  readonly matrix: string;
  readonly bias: string;
}
type BlockWeights = Readonly<Record<'query' | 'key' | 'value' | 'out' | 'up' | 'down', Linear>>;

/** Parts of transformers, with uniform random weights of standard deviation 0.02, as such models are initialised. */
class RandomGraph {
  readonly g = new GraphWriter();
  #state = 1;

  weights(...dims: number[]): string {
    const values = new Float32Array(dims.reduce((size, dim) => size * dim, 1));
    const spread = 2 * 0.02 * Math.sqrt(3);
    let state = this.#state;
    for (let at = 0; at < values.length; at++) {
      // Marsaglia's xorshift (J. Stat. Softw. 8, 2003): a hundred million draws in a second.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      values[at] = (state / 2 ** 32) * spread;
    }
    this.#state = state;
    return this.g.constant(dims, values);
  }
  ones = (length: number): string => this.g.constant([length], new Float32Array(length).fill(1));
  scalar = (value: number): string => this.g.constant([], Float32Array.of(value));
  integer = (value: number): string => this.g.constant([], [value]);
  integers = (...values: number[]): string => this.g.constant([values.length], values);
  add = (a: string, b: string): string => this.g.node('Add', [a, b]);
  reshape = (x: string, ...shape: number[]): string => this.g.node('Reshape', [x, this.integers(...shape)]);
  /** To float32. */
  cast = (x: string): string => this.g.node('Cast', [x], { to: 1 });
  /** What is added to the attention of every query: [batch, tokens] → [batch, 1, 1, tokens]. */
  perKey = (x: string): string => this.g.node('Unsqueeze', [x, this.integers(1, 2)]);

  layerNorm(x: string, { width, epsilon }: Block): string {
    const parameters = [this.ones(width), this.weights(width)];
    return this.g.node('LayerNormalization', [x, ...parameters], { axis: -1, epsilon: { float: epsilon } });
  }

  gelu(x: string): string {
    const erf = this.g.node('Erf', [this.g.node('Div', [x, this.scalar(Math.SQRT2)])]);
    const twice = this.g.node('Mul', [x, this.add(erf, this.scalar(1))]);
    return this.g.node('Mul', [twice, this.scalar(0.5)]);
  }

  quickGelu(x: string): string {
    const gate = this.g.node('Sigmoid', [this.g.node('Mul', [x, this.scalar(1.702)])]);
    return this.g.node('Mul', [x, gate]);
  }

  /** Names the output. */
  unit(x: string): void {
    const length = this.g.node('ReduceL2', [x], { axes: [1], keepdims: 1 });
    this.g.node('Div', [x, length], {}, 'embedding');
  }

  blocks(x: string, block: Block, { layers, shared }: Depth, bias?: string): string {
    let weights = this.#blockWeights(block.width);
    let out = x;
    for (let layer = 0; layer < layers; layer++) {
      if (layer > 0 && !shared) weights = this.#blockWeights(block.width);
      out = this.#residual(out, block, (inner) => this.#attention(inner, block, weights, bias));
      out = this.#residual(out, block, (inner) => this.#mlp(inner, block, weights));
    }
    return out;
  }

  #blockWeights(width: number): BlockWeights {
    const linear = (from: number, to: number): Linear => ({
      matrix: this.weights(from, to),
      bias: this.weights(to),
    });
    return {
      query: linear(width, width),
      key: linear(width, width),
      value: linear(width, width),
      out: linear(width, width),
      up: linear(width, 4 * width),
      down: linear(4 * width, width),
    };
  }

  #residual(x: string, block: Block, inner: (x: string) => string): string {
    if (block.norm === 'before') return this.add(x, inner(this.layerNorm(x, block)));
    return this.layerNorm(this.add(x, inner(x)), block);
  }

  #linear(x: string, { matrix, bias }: Linear): string {
    return this.add(this.g.node('MatMul', [x, matrix]), bias);
  }

  #attention(x: string, block: Block, weights: BlockWeights, bias: string | undefined): string {
    const { width, heads, tokens } = block;
    const size = width / heads;
    const perHead = (projected: string, perm: number[]) =>
      this.g.node('Transpose', [this.reshape(projected, 0, tokens, heads, size)], { perm });
    const query = perHead(this.#linear(x, weights.query), [0, 2, 1, 3]);
    const key = perHead(this.#linear(x, weights.key), [0, 2, 3, 1]);
    const value = perHead(this.#linear(x, weights.value), [0, 2, 1, 3]);
    const scaled = this.g.node('Mul', [
      this.g.node('MatMul', [query, key]),
      this.scalar(1 / Math.sqrt(size)),
    ]);
    const shares = this.g.node('Softmax', [bias === undefined ? scaled : this.add(scaled, bias)], {
      axis: -1,
    });
    const mixed = this.g.node('Transpose', [this.g.node('MatMul', [shares, value])], { perm: [0, 2, 1, 3] });
    return this.#linear(this.reshape(mixed, 0, tokens, width), weights.out);
  }

  #mlp(x: string, { activation }: Block, weights: BlockWeights): string {
    return this.#linear(this[activation](this.#linear(x, weights.up)), weights.down);
  }

  model(input: Input | readonly Input[], dim: number): Buffer {
    return this.g.model({
      name: 'random',
      producer: 'precedent',
      version: '1',
      input,
      output: { name: 'embedding', dims: [batch, dim] },
    });
  }
}
