/** Writes ONNX models without a dependency: the few protobuf messages of onnx.proto (IR version 8) that a graph needs. */

const varint = (value) => {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
};
const int = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => {
  const body = Buffer.from(value);
  return Buffer.concat([varint((field << 3) | 2), varint(body.length), body]);
};
const message = (field, ...parts) => bytes(field, Buffer.concat(parts));
const float = (field, value) => {
  const body = Buffer.alloc(4);
  body.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), body]);
};

const FLOAT = 1;
const INT64 = 7;
const types = { float32: FLOAT, int64: INT64 };

/** TensorProto: `data` is a Float32Array (float) or an array of integers (int64), row-major. */
function tensor(name, dims, data) {
  const isFloat = data instanceof Float32Array;
  const raw = isFloat
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(BigInt64Array.from(data, BigInt).buffer);
  return [...dims.map((d) => int(1, d)), int(2, isFloat ? FLOAT : INT64), bytes(8, name), bytes(9, raw)];
}

/** AttributeProto by the type of the value: string, integer, {float}, or a list of integers. */
function attribute([name, value]) {
  if (typeof value === 'string') return message(5, bytes(1, name), bytes(4, value), int(20, 3));
  if (typeof value === 'number') return message(5, bytes(1, name), int(3, value), int(20, 2));
  if (Array.isArray(value)) return message(5, bytes(1, name), ...value.map((v) => int(8, v)), int(20, 7));
  return message(5, bytes(1, name), float(2, value.float), int(20, 1));
}

/** ValueInfoProto; a string among the dims is a symbolic one. */
function valueInfo(field, { name, dims, type = 'float32' }) {
  const shape = dims.map((d) => message(1, typeof d === 'string' ? bytes(2, d) : int(1, d)));
  return message(field, bytes(1, name), message(2, message(1, int(1, types[type]), message(2, ...shape))));
}

/** Collects nodes and constants; every method returns the name of what it added. */
export class GraphWriter {
  #nodes = [];
  #constants = [];
  #count = 0;

  constant(dims, data) {
    const name = `c${this.#count++}`;
    this.#constants.push(message(5, ...tensor(name, dims, data)));
    return name;
  }

  node(op, inputs, attributes = {}, name = `t${this.#count++}`) {
    this.#nodes.push(
      message(
        1,
        ...inputs.map((input) => bytes(1, input)),
        bytes(2, name),
        bytes(4, op),
        ...Object.entries(attributes).map(attribute),
      ),
    );
    return name;
  }

  /** The ModelProto as bytes; `output` is {name, dims}, `input` {name, dims, type} or a list of them (float32 where no type is named). */
  model({ name, producer, version, input, output, opset = 17 }) {
    const graph = [
      ...this.#nodes,
      bytes(2, name),
      ...this.#constants,
      ...[input].flat().map((each) => valueInfo(11, each)),
      valueInfo(12, output),
    ];
    return Buffer.concat([
      int(1, 8),
      bytes(2, producer),
      bytes(3, version),
      message(7, ...graph),
      message(8, int(2, opset)),
    ]);
  }
}
