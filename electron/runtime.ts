/** Tells what this application runs on: an official Electron or a repackaged one, with a GPU or without, and in how much memory. */
import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** False where the set-up put the marker file `UNOFFICIAL` beside the executable, or the environment says so. */
export function isOfficialRuntime(execPath: string, env: NodeJS.ProcessEnv): boolean {
  return env.PRECEDENT_UNOFFICIAL_RUNTIME !== '1' && !existsSync(join(dirname(execPath), 'UNOFFICIAL'));
}

/** WebGL needs SwiftShader where Linux shows no graphics device; `PRECEDENT_SOFTWARE_GL=1` asks for it anywhere. */
export function needsSoftwareGl(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): boolean {
  return env.PRECEDENT_SOFTWARE_GL === '1' || (platform === 'linux' && !existsSync('/dev/dri'));
}

/** Bytes of the machine's memory, or of the part of it that a container leaves to this program. */
export function usableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
