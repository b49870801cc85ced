/** Finds images that a series holds more than once: the same place and the same stored pixels. */

import { createHash } from 'node:crypto';
import { openForReading } from '../files/files.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { deflatedLittleEndian } from './dataset.ts';
import { SliceReader } from './readSlices.ts';
import { placesOf, position, positionRoundingMm } from './sliceGeometry.ts';
import type { Group, Skipped, SliceFile } from './slices.ts';
import { skipReasons } from './stackWarnings.ts';
import type { PlanOptions } from './volume.ts';

const sampleBytes = 4096;

/**
 * A group without its repeated images, how many repetitions each of the others had, and the files left out. Of images that
 * are the same the first by instance number is kept. @throws PrecedentError `cancelled`
 */
export async function withoutRepeats(
  group: Group,
  { onFile, signal }: PlanOptions = {},
): Promise<{ slices: SliceFile[]; repeated: Map<SliceFile, number>; skipped: Skipped[] }> {
  const repeated = new Map<SliceFile, number>();
  const left = new Set<SliceFile>();
  for (const place of placesOf(group)) {
    for (const suspects of await alike(place.slices)) {
      const kept: { readonly slice: SliceFile; readonly digest: string }[] = [];
      for (const slice of suspects) {
        throwIfCancelled(signal);
        onFile?.(slice.path);
        const digest = await pixelDigest(slice);
        if (digest === undefined) continue;
        const same = kept.find((other) => other.digest === digest && samePosition(other.slice, slice));
        if (same) {
          left.add(slice);
          repeated.set(same.slice, (repeated.get(same.slice) ?? 0) + 1);
        } else kept.push({ slice, digest });
      }
    }
  }
  return {
    slices: group.filter((slice) => !left.has(slice)),
    repeated,
    skipped: [...left].map(({ path }) => ({ path, reason: skipReasons.repeated })),
  };
}

/** Slices of a place that may be the same image, by a sample of their pixel data: noise tells others apart undecoded. */
async function alike(slices: readonly SliceFile[]): Promise<SliceFile[][]> {
  const files = new Set(slices.map(({ path }) => path));
  // No scanner writes an image twice into one file, and comparing its frames would decode all of them.
  if (files.size < 2) return [];
  const comparable = new Set(slices.map(({ header }) => header.transferSyntax)).size === 1;
  const alikes = new Map<string, SliceFile[]>();
  for (const slice of slices) {
    const key = comparable ? await sample(slice).catch(() => 'unreadable') : '';
    alikes.set(key, [...(alikes.get(key) ?? []), slice]);
  }
  return [...alikes.values()].filter((suspects) => suspects.length > 1);
}

/** The middle of the pixel data of a file of one image; nothing where its place in the file is not known. */
async function sample({ path, header }: SliceFile): Promise<string> {
  const { pixelData, numberOfFrames = 1, transferSyntax } = header;
  if (!pixelData || numberOfFrames !== 1 || transferSyntax === deflatedLittleEndian) return '';
  const file = await openForReading(path);
  try {
    const { size } = await file.stat();
    const length = pixelData.length ?? size - pixelData.offset;
    const bytes = Buffer.alloc(Math.max(0, Math.min(sampleBytes, length)));
    const middle = pixelData.offset + Math.max(0, (length - bytes.length) >> 1);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, middle);
    return bytes.toString('base64', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What an image's values hang on; undefined when it cannot be read, which makes it nobody's repetition. */
async function pixelDigest(slice: SliceFile): Promise<string | undefined> {
  try {
    const { header, stored } = await new SliceReader().read(slice);
    const { rescaleSlope, rescaleIntercept } = header;
    const hash = createHash('sha256').update(JSON.stringify([rescaleSlope, rescaleIntercept]));
    return hash.update(stored).digest('hex');
  } catch {
    return undefined;
  }
}

function samePosition(a: SliceFile, b: SliceFile): boolean {
  const [p, q] = [position(a.header), position(b.header)];
  return p.every((value, axis) => Math.abs(value - q[axis]) <= positionRoundingMm);
}
