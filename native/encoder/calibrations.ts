/**
 * What this machine has measured of a model, one small JSON file each: which providers were refused and why, and how fast it
 * runs on the others. It belongs to the machine, not to a library, and may be deleted at any time.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { providerName, refusedProvider } from '../contract/inference.ts';
import { ensureFolder, readFileBytes, writeFileAtomic } from '../files/files.ts';

/** A way of running the model, with the items a second that were measured. */
const way = z.object({
  provider: providerName,
  threads: z.number().int().min(1).max(1024),
  batch: z.number().int().min(1).max(4096),
  perSecond: z.number().positive(),
});
export type Way = z.infer<typeof way>;

const fileSchema = z.object({
  format: z.literal(1),
  machine: z.string(),
  runtime: z.string(),
  model: z.string(),
  refused: z.array(refusedProvider),
  /** The fastest first; empty until the calibration is complete. */
  ways: z.array(way),
  /** Those at whose trial a process ended once, by itself or because it hung: it may have been stopped from outside. */
  struck: z.array(providerName).default([]),
  /** A provider is being tried by the process with this id; read only while that process lives. */
  trying: z.object({ provider: providerName, pid: z.number().int() }).optional(),
});
type File = z.infer<typeof fileSchema>;
export type Calibration = Omit<File, 'format' | 'machine' | 'runtime' | 'model'>;

/** What a calibration holds for: with another machine, ONNX Runtime or model it is made anew. */
export interface CalibrationKey {
  readonly machine: string;
  readonly runtime: string;
  /** SHA-256 of the model. */
  readonly model: string;
}

const nothing: Calibration = { refused: [], ways: [], struck: [] };

export interface Calibrations {
  /** What was measured, or nothing of it where there is none, it is stale or not valid. */
  read(): Promise<Calibration>;
  /** Rejects where it cannot be written. */
  write(calibration: Calibration): Promise<void>;
}

/**
 * The file of a model in `folder`. A provider at whose trial the process died twice is refused from then on: each trial was
 * written down before it began.
 */
export function calibrationFile(folder: string, key: CalibrationKey): Calibrations {
  const path = join(folder, `${key.model.slice(0, 16)}.json`);
  return {
    read: async () => {
      const file = parse(await readFileBytes(path).catch(() => null));
      if (!file || file.machine !== key.machine || file.runtime !== key.runtime || file.model !== key.model) {
        return nothing;
      }
      const { refused, ways, struck, trying } = file;
      if (!trying || isAlive(trying.pid)) return { refused, ways, struck, trying };
      const { provider } = trying;
      if (!struck.includes(provider)) return { refused, ways, struck: [...struck, provider] };
      const reason = 'the process died or hung twice when it was tried';
      return { refused: [...refused, { provider, reason }], ways, struck };
    },
    write: async (calibration) => {
      await ensureFolder(folder);
      const file: File = { format: 1, ...key, ...calibration };
      await writeFileAtomic(path, Buffer.from(`${JSON.stringify(file, null, 2)}\n`));
    },
  };
}

/** For a process without a folder to remember in: what is written is gone with it, and a fatal trial could come again. */
export const nothingRemembered: Calibrations = {
  read: async () => nothing,
  write: () => Promise.reject(new Error('there is no folder for calibrations')),
};

function parse(bytes: Uint8Array | null): File | null {
  if (!bytes) return null;
  try {
    return fileSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
