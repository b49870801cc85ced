/** The steps that `npm start`, `npm test` and `npm run precedent` share. */
import { join } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { root, run, SetupError } from './project.mjs';
import { ensureSystemPackages } from './systemPackages.mjs';

export { ensureDependencies, ensureSystemPackages };

/** Builds the named parts (all without a name) where their sources have changed. */
export async function ensureBuild(node, parts = []) {
  const code = await run(node, [join(root, 'tools', 'build.mjs'), ...parts]);
  if (code !== 0) throw new SetupError('The build failed (see above).');
}

/** The Electron runtime; loaded late, because it reads what the first step installs. */
export async function ensureRuntime(node) {
  const { resolveRuntime } = await import('../runtime/resolve.mjs');
  return resolveRuntime({ node });
}
