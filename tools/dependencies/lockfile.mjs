/** What package-lock.json says: which packages there are, which of them ship, and whether it is complete. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ name?: string, version?: string, integrity?: string, license?: string, dev?: boolean, link?: boolean, hasInstallScript?: boolean }} Entry
 * @typedef {{ packages: Record<string, Entry> }} Lockfile
 * @typedef {{
 *   dependencies?: Record<string, string>, devDependencies?: Record<string, string>, allowScripts?: Record<string, boolean>
 * }} Manifest
 */

/** @param {string} folder @returns {{ manifest: Manifest, lockfile: Lockfile }} */
export function readLockfile(folder) {
  const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return { manifest: read('package.json'), lockfile: read('package-lock.json') };
}

/** The name of a package by its place, like `node_modules/a/node_modules/@b/c`. */
export function nameOf(place) {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** All packages by their place; the project itself is none. @param {Lockfile} lockfile */
export function packagesOf({ packages }) {
  return Object.entries(packages).filter(([place]) => place !== '');
}

/**
 * The packages that are in the packaged application: all that are not for development alone, and the runtime.
 * @param {Lockfile} lockfile @param {readonly string[]} runtime
 */
export function shippedOf(lockfile, runtime) {
  return packagesOf(lockfile).filter(([place, { dev }]) => !dev || runtime.includes(nameOf(place)));
}

/** One version, of the package itself or of another that takes its place (`npm:OTHER@VERSION`). */
const pinned = /^(?:npm:(.+)@)?(\d+\.\d+\.\d+(?:-[\w.]+)?)$/;

/**
 * What an installation by this lockfile could get other than what was tested.
 * @param {Manifest} manifest @param {Lockfile} lockfile @returns {string[]}
 */
export function lockfileProblems({ dependencies, devDependencies, allowScripts = {} }, lockfile) {
  const problems = [];
  for (const [name, wanted] of Object.entries({ ...dependencies, ...devDependencies })) {
    const [, published = name, version] = pinned.exec(wanted) ?? [];
    const locked = lockfile.packages[`node_modules/${name}`];
    if (version === undefined)
      problems.push(`package.json: ${name} is not pinned to one version (${wanted})`);
    else if (locked?.version !== version || (locked.name ?? name) !== published)
      problems.push(`package-lock.json: ${name} is not locked at ${version}`);
  }
  for (const [place, { integrity, hasInstallScript }] of packagesOf(lockfile)) {
    if (!integrity) problems.push(`package-lock.json: ${place} has no integrity`);
    if (hasInstallScript && !(nameOf(place) in allowScripts))
      problems.push(
        `package.json: ${nameOf(place)} has an install script, and allowScripts does not decide on it`,
      );
  }
  return problems;
}
