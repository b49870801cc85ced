/** Embeddings are kept as float16 in the catalog: half the size, and 11 bits are more than a cosine needs. */

/** The vector as little-endian float16 bytes. */
export function toFloat16(vector: Float32Array): Uint8Array {
  return new Uint8Array(new Float16Array(vector).buffer);
}

/** The vector of little-endian float16 bytes. */
export function fromFloat16(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Float16Array(bytes.slice().buffer));
}
