/** A query as what is marked on its hits is kept under. */
import { createHash } from 'node:crypto';
import type { MarkedQuery } from '../catalog/feedback.ts';
import type { RegionQuery } from '../contract/feedback.ts';
import { packMask } from '../lesion/mask.ts';

export function markedQuery(query: RegionQuery): MarkedQuery {
  if ('lesion' in query) return { lesion: query.lesion };
  const { volume } = query;
  const box = 'mask' in query ? query.mask.box : query.roi;
  const mask = 'mask' in query ? packMask(query.mask) : undefined;
  const hash = createHash('sha256').update(`${volume} ${box.join(',')} `);
  if ('mask' in query) hash.update(query.mask.bits);
  return { volume, box, mask, hash: hash.digest('hex') };
}
