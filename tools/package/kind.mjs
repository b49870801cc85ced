/** Which kind of package is made on this runtime: a release, or a development build that says so of itself. */
import { electronVersion } from '../runtime/pins.mjs';
import { assertReleasable } from '../runtime/releaseCheck.mjs';

/**
 * Development where it was asked for, and where only the repackaged runtime is at hand; otherwise a release, which throws
 * with the reason where this runtime or this day forbids one. `wanted` is `release`, `development` or null.
 * @param {{ official: boolean, source: string, path: string }} runtime
 * @param {'release' | 'development' | null} wanted
 * @param {{ root: string, today?: Date }} options
 * @returns {'release' | 'development'}
 */
export function packageKind(runtime, wanted, { root, today = new Date() }) {
  if (wanted === 'development') return 'development';
  if (wanted === null && runtime.source === 'repackaged') return 'development';
  assertReleasable(runtime, Number(electronVersion(root).split('.')[0]), today);
  return 'release';
}

/** What a package of this kind has in its package.json; a development build's version sorts before the release. */
export function packageMetadata(kind, version) {
  return kind === 'release' ? {} : { version: `${version}-development`, developmentBuild: true };
}
