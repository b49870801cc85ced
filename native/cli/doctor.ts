/** What an IT department asks first: versions, providers, GPU, display, disk. */
import { existsSync, rmSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { PrecedentError } from '../contract/errors.ts';
import { inferenceContract, type ModelState } from '../contract/inference.ts';
import { calibrationsFolder } from '../encoder/calibrationsFolder.ts';
import { loadManifest } from '../encoder/manifest.ts';
import { ModelClient } from '../encoder/modelClient.ts';
import { onnxRuntime } from '../encoder/runtime.ts';
import { policyPath, readPolicy } from '../policy/policyFile.ts';
import { ManagedProcess } from '../process/managed.ts';
import { given } from './host.ts';
import { installation } from './installation.ts';

const gib = 1024 ** 3;

interface Options {
  readonly library?: string;
  /** Forget what was measured of models on this machine, and try every provider again. */
  readonly retry?: boolean;
}

export async function doctor({ library, retry }: Options): Promise<Record<string, unknown>> {
  const db = new Sqlite(':memory:');
  const sqlite = String(db.prepare('SELECT sqlite_version()').pluck().get());
  db.close();
  if (retry) rmSync(calibrationsFolder(), { recursive: true, force: true });
  const folder = join(installation().resources, 'encoders', 'builtin');
  const { id, version } = await loadManifest(folder);
  const opened = await openModel(folder);
  const disk = await statfs(library ?? process.cwd()).catch(() => statfs(process.cwd()));
  return {
    versions: {
      node: process.versions.node,
      v8: process.versions.v8,
      sqlite,
      platform: `${process.platform} ${process.arch}`,
    },
    encoder: { id, version, ...opened.encoder },
    providers: { inThisBuild: [...onnxRuntime.backends()], refused: opened.refused },
    calibrations: calibrationsFolder(),
    policy: policyInForce(),
    display: process.env.WAYLAND_DISPLAY
      ? 'wayland'
      : process.env.DISPLAY
        ? 'x11'
        : process.platform === 'linux'
          ? 'none'
          : 'native',
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / gib),
    freeDiskGiB: Math.round((disk.bavail * disk.bsize) / gib),
  };
}

function policyInForce(): Record<string, unknown> {
  const file = given.policy ?? policyPath();
  try {
    return { file, exists: existsSync(file), inForce: readPolicy(given.policy) };
  } catch (error) {
    return { file, exists: true, problem: PrecedentError.from(error).message };
  }
}

/** As the engine opens it: in a process of its own, which a provider may take down. */
async function openModel(
  folder: string,
): Promise<{ encoder: Partial<ModelState> | { error: string }; refused: ModelState['refused'] }> {
  const { spawner } = installation();
  const inference = new ManagedProcess('inference', inferenceContract, spawner, () => undefined);
  try {
    const model = new ModelClient(inference, folder, calibrationsFolder());
    const { provider, threads, batch, refused } = await model.open();
    return { encoder: { provider, threads, batch }, refused };
  } catch (error) {
    return { encoder: { error: PrecedentError.from(error).message }, refused: [] };
  } finally {
    await inference.stop();
  }
}
