/** Which kind of package is made on this runtime: a release, or a development build that says so of itself. */
import { electronVersion } from '../runtime/pins.mjs';
import { assertReleasable } from '../runtime/releaseCheck.mjs';

/**
 * Development where it was asked for, and where only the repackaged runtime is at hand, with the reason in words; otherwise a
 * release, which throws with the reason where this runtime or this day forbids one.
 * @param {{ official: boolean, source: string, path: string }} runtime
 * @param {'release' | 'development' | null} wanted
 * @param {{ root: string, today?: Date }} options
 * @returns {{ kind: 'release' | 'development', reason: string | null }}
 */
export function packageKind(runtime, wanted, { root, today = new Date() }) {
  if (wanted === 'development') return { kind: 'development', reason: '--dev asks for it' };
  if (wanted === null && runtime.source === 'repackaged') {
    const reason =
      "Electron's official download could not be reached, and what stands in for it is never released";
    return { kind: 'development', reason };
  }
  assertReleasable(runtime, Number(electronVersion(root).split('.')[0]), today);
  return { kind: 'release', reason: null };
}

/** What a package of this kind has in its package.json; a development build's version sorts before the release. */
export function packageMetadata(kind, version) {
  return kind === 'release' ? {} : { version: `${version}-development`, developmentBuild: true };
}
