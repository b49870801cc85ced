/** A residual network like a small image encoder (about 5 million weights, 224 × 224 pixels), with seeded random weights. */
import { createHash } from 'node:crypto';
import type { ModelSpec } from '../../native/encoder/model.ts';
import { createRandom } from '../../native/random.ts';
import { GraphWriter } from '../../tools/encoder/onnx.mjs';

const widths = [64, 128, 256, 512];
const size = 224;
const dim = 512;

export function convolutionalModel(): { spec: ModelSpec; model: Uint8Array } {
  const graph = new GraphWriter();
  const random = createRandom(1, 'convolutional');
  /** Uniform weights of the variance that keeps activations of one size (He et al., ICCV 2015). */
  const convolve = (from: string, inputs: number, outputs: number, kernel: number, stride: number) => {
    const fan = inputs * kernel * kernel;
    const reach = Math.sqrt(6 / fan);
    const weights = Float32Array.from({ length: outputs * fan }, () => random.range(-reach, reach));
    const pad = (kernel - 1) / 2;
    return graph.node('Conv', [from, graph.constant([outputs, inputs, kernel, kernel], weights)], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  };
  const relu = (from: string) => graph.node('Relu', [from]);

  let at = relu(convolve('input', 3, widths[0], 7, 4));
  let width = widths[0];
  for (const next of widths) {
    const stride = next === width ? 1 : 2;
    const shortcut = next === width ? at : convolve(at, width, next, 1, stride);
    const main = convolve(relu(convolve(at, width, next, 3, stride)), next, next, 3, 1);
    at = relu(graph.node('Add', [main, shortcut]));
    width = next;
  }
  graph.node('Flatten', [graph.node('GlobalAveragePool', [at])], {}, 'output');
  const model = graph.model({
    name: 'convolutional',
    producer: 'precedent test',
    version: '1',
    input: { name: 'input', dims: ['n', 3, size, size] },
    output: { name: 'output', dims: ['n', dim] },
  });
  const spec: ModelSpec = {
    id: 'a convolutional network',
    version: '1.0.0',
    file: 'model.onnx',
    sha256: createHash('sha256').update(model).digest('hex'),
    inputs: [{ name: 'input', type: 'float32', shape: [3, size, size] }],
    output: { name: 'output', dim },
  };
  return { spec, model };
}
