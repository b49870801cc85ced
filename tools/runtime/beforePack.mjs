/**
 * electron-builder calls this before it packs: nothing is packed on a runtime that must not be released, but for a
 * development build, which `npm run package` has marked as one.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { electronVersion, unofficialMarker } from './pins.mjs';
import { assertReleasable } from './releaseCheck.mjs';
import { resolveRuntime } from './resolve.mjs';

export default async function beforePack(context) {
  const root = context.packager.projectDir;
  const { electronDist: given, extraMetadata } = context.packager.config;
  if (extraMetadata?.developmentBuild === true) return;
  if (given) {
    throw new Error(
      `electronDist names ${given}${existsSync(join(resolve(root, given), unofficialMarker)) ? ', an unofficial runtime' : ''}: ` +
        'a release is packaged only on the Electron that its own package downloads and checks.',
    );
  }
  const runtime = await resolveRuntime({ root });
  const major = Number(electronVersion(root).split('.')[0]);
  assertReleasable(runtime, major, new Date());
}
