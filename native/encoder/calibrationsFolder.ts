/** Where the application and the command line keep what this machine measures of models: in the user's cache, not in a library. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** PRECEDENT_CALIBRATIONS names another folder. */
export function calibrationsFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  if (env.PRECEDENT_CALIBRATIONS) return env.PRECEDENT_CALIBRATIONS;
  const name = 'calibrations';
  if (platform === 'win32')
    return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'Precedent', name);
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'Precedent', name);
  return join(env.XDG_CACHE_HOME ?? join(home, '.cache'), 'precedent', name);
}
