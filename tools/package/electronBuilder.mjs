/** Has electron-builder make the application's folder and its installers, on a copy of a local runtime where one is given. */
import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../setup/project.mjs';

/**
 * Builds targets of this machine's system into `output`. With a `runtime` (its executable) the package is a development
 * build on a copy of it; without one electron-builder downloads the official runtime and checks it. Rejects with
 * electron-builder's error.
 * @param {{ targets: string[], output: string, metadata: object, runtime?: string, prepackaged?: string }} options
 */
export async function buildWith({ targets, output, metadata, runtime, prepackaged }) {
  const { build, Platform } = await import('electron-builder');
  const config = { directories: { output }, extraMetadata: metadata };
  if (runtime) config.electronDist = copyRuntime(dirname(runtime), join(output, 'runtime'));
  try {
    await build({
      projectDir: root,
      targets: Platform.current().createTarget(targets),
      publish: 'never',
      prepackaged,
      config,
    });
  } finally {
    if (runtime) rmSync(config.electronDist, { recursive: true, force: true });
  }
}

/** A copy, since what is packed is renamed and patched; without the stand-in for Electron's default application. */
function copyRuntime(from, to) {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  rmSync(join(to, 'resources', 'app'), { recursive: true, force: true });
  return to;
}
