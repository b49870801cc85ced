/** With how many bits a model counts, read from its graph: what decides how closely two providers must agree. */

export type Precision = 'float32' | 'float16' | 'quantised';

/** TensorProto.DataType (onnx.proto): half precision, bfloat16; 8-bit integers hold quantised weights. */
const halfTypes: ReadonlySet<number> = new Set([10, 16]);
const quantisedTypes: ReadonlySet<number> = new Set([2, 3]);

/**
 * The coarsest precision among the model's constants: ModelProto.graph (7) → GraphProto.initializer (5) →
 * TensorProto.data_type (2). What is not such a file counts as float32, the strictest.
 */
export function modelPrecision(model: Uint8Array): Precision {
  let found: Precision = 'float32';
  for (const graph of fields(model, 7)) {
    for (const tensor of fields(graph.bytes, 5)) {
      for (const { value } of fields(tensor.bytes, 2)) {
        if (quantisedTypes.has(value)) return 'quantised';
        if (halfTypes.has(value)) found = 'float16';
      }
    }
  }
  return found;
}

interface Field {
  /** A varint's value; 0 for the others. */
  readonly value: number;
  /** What a length-delimited field holds; empty for the others. */
  readonly bytes: Uint8Array;
}

/** The occurrences of one field in a message (protobuf wire format); ends where the bytes stop being one. */
function* fields(message: Uint8Array, wanted: number): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; at < message.length && shift < 70; shift += 7) {
      const byte = message[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  while (at < message.length) {
    const key = varint();
    const [field, wire] = [Math.floor(key / 8), key % 8];
    let value = 0;
    let length = 0;
    if (wire === 0) value = varint();
    else if (wire === 1) length = 8;
    else if (wire === 2) length = varint();
    else if (wire === 5) length = 4;
    else return;
    if (!(at + length <= message.length)) return;
    if (field === wanted) yield { value, bytes: message.subarray(at, at + length) };
    at += length;
  }
}
