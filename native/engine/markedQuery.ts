/** A query as what is marked on its hits is kept under. */
import { createHash } from 'node:crypto';
import type { MarkedQuery } from '../catalog/feedback.ts';
import type { MarkableQuery } from '../contract/feedback.ts';
import { packMask } from '../lesion/mask.ts';

export function markedQuery(query: MarkableQuery): MarkedQuery {
  if ('like' in query || 'text' in query) {
    const asked = JSON.stringify(
      'text' in query
        ? query
        : { ...query, like: query.like.map(written), unlike: query.unlike.map(written) },
    );
    return { asked, hash: createHash('sha256').update(asked).digest('hex') };
  }
  if ('lesion' in query) return { lesion: query.lesion };
  const { volume } = query;
  const box = 'mask' in query ? query.mask.box : query.roi;
  const mask = 'mask' in query ? packMask(query.mask) : undefined;
  const hash = createHash('sha256').update(`${volume} ${box.join(',')} `);
  if ('mask' in query) hash.update(query.mask.bits);
  return { volume, box, mask, hash: hash.digest('hex') };
}

/** One of several things; of a region the packed mask, as base64. */
function written(one: Exclude<MarkableQuery, { like: unknown }>): object {
  if (!('mask' in one)) return one;
  const { box } = one.mask;
  return { volume: one.volume, box, packed: Buffer.from(packMask(one.mask)).toString('base64') };
}
