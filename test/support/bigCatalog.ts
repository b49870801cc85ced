/** A library with as many lesions as a test asks for: rows of the catalog alone, made from a seed, without a voxel. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openDatabase } from '../../native/catalog/database.ts';
import { catalogWrites } from '../../native/catalog/writes.ts';
import { loadManifest } from '../../native/encoder/manifest.ts';
import { preprocessingHash } from '../../native/encoder/preprocessingHash.ts';
import { packMask } from '../../native/lesion/mask.ts';
import type { Box } from '../../native/volume/volume.ts';
import { lesion, volume } from './catalogRows.ts';

const builtin = resolve(import.meta.dirname, '../../resources/encoders/builtin');
const perPatient = 10;
const organs = ['Liver', 'Lung', 'Kidney', 'Pancreas', 'Spleen', 'Adrenal'];
const kinds = ['cyst', 'metastasis', 'haemangioma', 'carcinoma', 'granuloma', 'adenoma', 'abscess'];
const proofs = ['histology', 'surgery', 'follow-up', 'imaging only', 'none'] as const;
const packed = packMask({ box: [0, 0, 0, 3, 3, 3], bits: new Uint8Array(64).fill(1) });

/** Creates the library at `root` with `lesions` lesions, ten a patient; the same every time. */
export async function bigLibrary(root: string, lesions: number): Promise<void> {
  await mkdir(root, { recursive: true });
  const manifest = await loadManifest(builtin);
  const db = openDatabase(join(root, 'catalog.sqlite'));
  try {
    const writes = catalogWrites(db);
    // One transaction for all: the disk is waited for once.
    db.transaction(() => {
      for (let patient = 0; patient * perPatient < lesions; patient++)
        writes.addVolume(patientVolume(patient, Math.min(perPatient, lesions - patient * perPatient)));
      // As if it were embedded: an engine has nothing to do in the background. Searches would not find anything.
      const key = db
        .prepare(
          `INSERT INTO embedding_key (encoder, version, preprocessing, level, dim) VALUES (?, ?, ?, 'lesion', 1) RETURNING id`,
        )
        .pluck()
        .get(manifest.id, manifest.version, preprocessingHash(manifest));
      db.prepare(
        'INSERT INTO lesion_embedding (key, lesion, vector) SELECT ?, id, zeroblob(2) FROM lesion',
      ).run(key);
    })();
  } finally {
    db.close();
  }
}

function patientVolume(
  patient: number,
  count: number,
): Parameters<ReturnType<typeof catalogWrites>['addVolume']>[0] {
  const id = String(patient).padStart(6, '0');
  const rows = Array.from({ length: count }, (_, at) => {
    const n = patient * perPatient + at;
    const [i, j, k] = [(n * 7) % 400, (n * 13) % 400, (n * 3) % 90];
    const box: Box = [i, j, k, i + 3, j + 3, k + 3];
    const labels: Record<string, string> = { organ: organs[n % organs.length] };
    // Every eleventh lesion has a label less, every thirteenth no diagnosis: lists have to do with gaps.
    if (n % 11 !== 0) labels.malignancy = String(1 + ((n * 17) % 5));
    const diameterMm = 4 + ((n * 37) % 760) / 10;
    return {
      ...lesion(`Lesion ${n}`, labels),
      uid: `les-big${n}`,
      outline: { sphericity: 0.8, convexity: 0.9, edgeMm: 2 },
      box,
      packed,
      measurements: {
        volumeMl: diameterMm ** 3 / 2000,
        diameterMm,
        diameter3dMm: diameterMm * 1.1,
        meanHu: ((n * 29) % 160) - 40,
        sdHu: 5 + (n % 30),
        centerMm: [i, j, k] as [number, number, number],
        boxIjk: [...box] as [number, number, number, number, number, number],
      },
      diagnosis:
        n % 13 === 0
          ? undefined
          : { diagnosis: kinds[(n * 5) % kinds.length], proof: proofs[n % proofs.length] },
    };
  });
  const whole = volume(`P${id}`, `big-${id}`, rows);
  return { ...whole, uid: `vol-big${patient}`, read: { ...whole.read, dims: [512, 512, 100] } };
}
