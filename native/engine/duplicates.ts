/** Looks for what the library may hold twice: lesions saved twice, patients under two ids, volumes imported under other UIDs. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Duplicate } from '../contract/library.ts';
import type { PatientRow } from '../contract/model.ts';
import { dice, unpackMask } from '../lesion/mask.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { openVoxelFile } from '../volume/voxelFile.ts';
import type { Library } from './library.ts';

/** From this overlap on two masks are taken for one lesion. */
const leastDice = 0.7;
/** More pairs than a list is read of: the rest is found after these are dealt with. */
const mostPairs = 200;

type Told = (progress: { done: number; total: number }) => void;

export async function findDuplicates(
  library: Library,
  signal: AbortSignal,
  progress: Told,
): Promise<Duplicate[]> {
  const apart = library.duplicates.apart();
  const found: Duplicate[] = [];
  const steps = [sameLesions, samePatients, sameVolumes];
  for (const [done, step] of steps.entries()) {
    progress({ done, total: steps.length });
    for await (const pair of step(library, signal)) {
      if (!apart.has(pair.key)) found.push(pair);
      if (found.length === mostPairs) return found;
    }
  }
  return found;
}

const keyOf = (kind: Duplicate['kind'], a: string, b: string) => `${kind} ${a} ${b}`;

async function* sameLesions(library: Library, signal: AbortSignal): AsyncGenerator<Duplicate> {
  const { reads } = library;
  const maskOf = (id: string) => {
    const { box, packed } = reads.lesionMask(id);
    return unpackMask(box, packed);
  };
  for (const [a, b] of library.duplicates.overlapping()) {
    // Others are answered meanwhile, and a withdrawal is heard.
    await nextTurn();
    throwIfCancelled(signal);
    const overlap = dice(maskOf(a), maskOf(b));
    if (overlap < leastDice) continue;
    const lesions: [ReturnType<typeof reads.lesion>, ReturnType<typeof reads.lesion>] = [
      reads.lesion(a),
      reads.lesion(b),
    ];
    yield { kind: 'lesion', key: keyOf('lesion', a, b), lesions, dice: overlap };
  }
}

async function* samePatients({ duplicates, reads }: Library): AsyncGenerator<Duplicate> {
  for (const [a, b] of duplicates.namesakes()) {
    const patients: [PatientRow, PatientRow] = [reads.patient(a), reads.patient(b)];
    yield { kind: 'patient', key: keyOf('patient', patients[0].id, patients[1].id), patients };
  }
}

/** By the checksums of their packed slices: the same voxels are packed the same. A volume whose file is not sound is left out. */
async function* sameVolumes(library: Library, signal: AbortSignal): AsyncGenerator<Duplicate> {
  const { duplicates, layout, reads } = library;
  for (const alike of duplicates.ofOneSize()) {
    const byVoxels = new Map<string, string>();
    for (const id of alike) {
      throwIfCancelled(signal);
      const voxels = await checksums(layout.voxelFile(id));
      if (voxels === undefined) continue;
      const earlier = byVoxels.get(voxels);
      if (earlier === undefined) byVoxels.set(voxels, id);
      else
        yield {
          kind: 'volume',
          key: keyOf('volume', earlier, id),
          volumes: [reads.volume(earlier), reads.volume(id)],
        };
    }
  }
}

async function checksums(path: string): Promise<string | undefined> {
  try {
    const file = await openVoxelFile(path);
    await file.close();
    const { dtype, slices } = file.header;
    return `${dtype} ${slices.map(({ bytes, crc }) => `${bytes}:${crc}`).join(' ')}`;
  } catch {
    return undefined;
  }
}
