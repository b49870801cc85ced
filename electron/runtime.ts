/** Tells what this application runs on: an official Electron or a repackaged one, with a GPU or without, and in how much memory. */
import { existsSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * False where the set-up put the marker file `UNOFFICIAL` beside the executable, where the environment says so, and in a
 * package that was built for development.
 */
export function isOfficialRuntime(execPath: string, env: NodeJS.ProcessEnv, appPath: string): boolean {
  return (
    env.PRECEDENT_UNOFFICIAL_RUNTIME !== '1' &&
    !existsSync(join(dirname(execPath), 'UNOFFICIAL')) &&
    !isDevelopmentBuild(appPath)
  );
}

/** Whether `npm run package` marked this package as one that is never to be released. */
export function isDevelopmentBuild(appPath: string): boolean {
  const { developmentBuild } = JSON.parse(readFileSync(join(appPath, 'package.json'), 'utf8')) as {
    developmentBuild?: boolean;
  };
  return developmentBuild === true;
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
