/** Surfaces of lesions and organs as queries, made by one thread that starts when the first is wanted. */
import { queryOptions } from '@tanstack/react-query';
import { PrecedentError } from '../../native/contract/errors.ts';
import type { Mask } from '../viewer/contours.ts';
import type { Grid } from '../viewer/grid.ts';
import type { Mesh } from './mesh.ts';
import type { SurfaceDone, SurfaceJob } from './surfaceWorker.ts';

type Settle = (done: SurfaceDone) => void;

let thread: Worker | null = null;
const waiting = new Map<number, Settle>();
let jobs = 0;

function surfaceThread(): Worker {
  if (thread) return thread;
  const worker = new Worker(new URL('./surfaceWorker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<SurfaceDone>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  });
  worker.addEventListener('error', () => {
    for (const [id, settle] of waiting) settle({ id, mesh: null, error: 'its thread stopped' });
    waiting.clear();
    worker.terminate();
    thread = null;
  });
  thread = worker;
  return worker;
}

async function made(mask: Mask, grid: Grid): Promise<Mesh | null> {
  const id = jobs++;
  const done = await new Promise<SurfaceDone>((resolve) => {
    waiting.set(id, resolve);
    surfaceThread().postMessage({ id, mask, grid } satisfies SurfaceJob);
  });
  if (done.error !== null)
    throw new PrecedentError('internal', `the surface was not made: ${done.error}`, undefined, 'try again');
  return done.mesh;
}

let masks = 0;
const maskNames = new WeakMap<Mask, number>();
/** Masks are never changed in place, so each stands for itself. */
function nameOf(mask: Mask): number {
  const known = maskNames.get(mask);
  if (known !== undefined) return known;
  masks += 1;
  maskNames.set(mask, masks);
  return masks;
}

export function surfaceQuery(mask: Mask | null, grid: Grid | null) {
  return queryOptions({
    queryKey: ['surface', mask && nameOf(mask)],
    queryFn: () => {
      if (!mask || !grid) throw new Error('no mask to make a surface of');
      return made(mask, grid);
    },
    enabled: mask !== null && grid !== null,
    retry: false,
    gcTime: 5 * 60_000,
  });
}
