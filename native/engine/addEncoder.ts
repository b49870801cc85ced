/** Adds an encoder's folder to a library: checked, copied, tried on generated cases in a process of its own, then taken up. */
import { join } from 'node:path';
import type { EncoderTrial } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { inferenceContract } from '../contract/inference.ts';
import { Embedder } from '../encoder/embedder.ts';
import { encoderFiles, loadManifest, readManifest } from '../encoder/manifest.ts';
import type { Manifest } from '../encoder/manifestSchema.ts';
import { tryEncoder } from '../encoder/trial.ts';
import { commitFile, copyFileAtomic, ensureFolder, removeFolderWhole } from '../files/files.ts';
import { stagedEncoderPrefix } from '../files/unlocked.ts';
import { ManagedProcess, type Spawner } from '../process/managed.ts';
import { compareVersions, type Encoders, encoderFolderName } from './encoders.ts';
import type { Library } from './library.ts';

/**
 * Copies the files that the manifest names and the notices beside them, nothing else. Throws `unreadable`, `corrupt`, `refused` and `internal` with the reason;
 * nothing is left behind then. A version that is there already is `refused`, so that one id and version mean one model.
 */
export async function addEncoder(
  library: Library,
  encoders: Encoders,
  spawner: Spawner,
  folder: string,
  signal: AbortSignal,
): Promise<EncoderTrial> {
  const manifest = await readManifest(folder);
  checkNew(encoders, manifest);
  const files = await encoderFiles(manifest, folder);
  return library.staging.using(async (staged) => {
    for (const file of files) await copyFileAtomic(join(folder, file), join(staged, file));
    // What was copied is what is checked, whatever happens to the folder meanwhile.
    const copied = await loadManifest(staged);
    const trial = await tryAlone(staged, spawner, encoders.calibrations, signal);
    // Another may have been added during the trial.
    checkNew(encoders, copied);
    await ensureFolder(library.layout.encoders);
    const place = join(library.layout.encoders, encoderFolderName(copied));
    await removeFolderWhole(place, library.layout.staging);
    await commitFile(staged, place);
    await encoders.installed(place);
    await encoders.dropUnused(copied.id);
    return trial;
  }, stagedEncoderPrefix);
}

function checkNew(encoders: Encoders, { id, version }: Manifest): void {
  if (encoders.isBuiltin(id)) {
    throw new PrecedentError(
      'refused',
      `${id} is a built-in encoder`,
      undefined,
      'give yours an id of its own',
    );
  }
  const present = encoders.installedAs(id)?.manifest.version;
  if (present === undefined || compareVersions(version, present) > 0) return;
  throw new PrecedentError(
    'refused',
    `${id} ${present} is there already`,
    undefined,
    `raise the version of yours, ${version}, or remove the other first`,
  );
}

/** A model that takes its process down takes nothing else with it; what is measured of the machine is kept for its use. */
async function tryAlone(
  folder: string,
  spawner: Spawner,
  calibrations: string | undefined,
  signal: AbortSignal,
): Promise<EncoderTrial> {
  const inference = new ManagedProcess('inference', inferenceContract, spawner, () => undefined);
  try {
    const embedder = await Embedder.open(folder, inference, calibrations);
    const trial = await tryEncoder(embedder, signal);
    return { ...trial, encoder: embedder.info };
  } finally {
    await inference.stop();
  }
}
