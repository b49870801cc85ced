/** The vectors that the crash test of the index writes: of no encoder that there is, so that nothing else touches them. */
import type { StoredKey } from '../../../native/catalog/embeddings.ts';
import type { Limits } from '../../../native/vectors/store.ts';

export const slicesKey: StoredKey = {
  encoder: 'crash',
  version: '1',
  preprocessing: 'none',
  level: 'slice',
  pooling: '',
  dim: 64,
};

/** A graph however small the library. */
export const graphAlways: Limits = { graphFrom: 0 };
