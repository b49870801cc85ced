/** Where a window goes: back to where its user had it, if a monitor is still there; else where it serves best. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeFileAtomic } from '../native/files/files.ts';

/** Screen pixels, independent of scaling. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface Monitor {
  readonly workArea: Area;
}

const edge = z.number().int().min(-100_000).max(100_000);
const length = z.number().int().min(1).max(100_000);
const remembered = z.object({
  hits: z.object({
    /** Whether it was open when the application ended. */
    open: z.boolean(),
    bounds: z.object({ x: edge, y: edge, width: length, height: length }).nullable(),
    maximized: z.boolean(),
  }),
});
/** What a user's profile keeps of the second window. */
export type RememberedHits = z.infer<typeof remembered>['hits'];

const never: RememberedHits = { open: false, bounds: null, maximized: false };

/** What the file keeps, or that nothing was ever open where it says nothing that fits. */
export function readRemembered(file: string): RememberedHits {
  try {
    return remembered.parse(JSON.parse(readFileSync(file, 'utf8'))).hits;
  } catch {
    return never;
  }
}

/** Throws `storage` when the file cannot be written. */
export async function writeRemembered(file: string, hits: RememberedHits): Promise<void> {
  await writeFileAtomic(file, Buffer.from(`${JSON.stringify({ hits }, null, 2)}\n`));
}

/** How much of a window must lie on a monitor so that it can be seen and taken hold of there. */
const leastShown = 100;

function shared(a: Area, b: Area): { readonly width: number; readonly height: number } {
  return {
    width: Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x),
    height: Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y),
  };
}

function overlap(a: Area, b: Area): number {
  const { width, height } = shared(a, b);
  return width > 0 && height > 0 ? width * height : 0;
}

/** On the one monitor there is, the window for hits takes this part of each side, at the right and the bottom. */
const partOfMonitor = 0.7;

/**
 * The bounds of the second window, and whether it fills its monitor. It goes back to `before` where a monitor shows that place; else
 * it fills the largest monitor that the first window is not on; else it stands over the first window's monitor, not over all of it.
 */
export function placeHits(
  before: Pick<RememberedHits, 'bounds' | 'maximized'>,
  monitors: readonly Monitor[],
  first: Area,
): { readonly bounds: Area; readonly maximized: boolean } {
  const { bounds } = before;
  const seen = (area: Area) =>
    monitors.some(({ workArea }) => {
      const { width, height } = shared(area, workArea);
      return width >= leastShown && height >= leastShown;
    });
  if (bounds && seen(bounds)) return { bounds, maximized: before.maximized };
  const [own, ...others] = monitors
    .map(({ workArea }) => workArea)
    .sort((a, b) => overlap(b, first) - overlap(a, first));
  const [other] = others.sort((a, b) => b.width * b.height - a.width * a.height);
  if (other) return { bounds: other, maximized: true };
  const area = own ?? first;
  const width = Math.round(area.width * partOfMonitor);
  const height = Math.round(area.height * partOfMonitor);
  return {
    bounds: { x: area.x + area.width - width, y: area.y + area.height - height, width, height },
    maximized: false,
  };
}
