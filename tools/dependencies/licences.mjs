/** Under which licences the shipped packages are, whether those are allowed, and the notices that the application carries. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameOf, readLockfile, shippedOf } from './lockfile.mjs';

/**
 * @typedef {{
 *   allowed: string[], clarified: Record<string, { licence: string, why: string }>, runtime: string[], contains: Record<string, string>
 * }} Rules
 * @typedef {{ name: string, published: string, version: string, place: string, licence: string | undefined }} Shipped
 */

/** @returns {Rules} */
export function licenceRules() {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'licences.json'), 'utf8'));
}

/** The shipped packages, by name. @param {import('./lockfile.mjs').Lockfile} lockfile @param {Rules} rules @returns {Shipped[]} */
export function shippedPackages(lockfile, { runtime, clarified }) {
  return shippedOf(lockfile, runtime)
    .map(([place, { name: published, version = '', license }]) => {
      const name = nameOf(place);
      return {
        name,
        published: published ?? name,
        version,
        place,
        licence: clarified[name]?.licence ?? license,
      };
    })
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

/** Whether an SPDX expression can be met with allowed licences alone: all of an AND, one of an OR. @param {readonly string[]} allowed */
export function isAllowed(expression, allowed) {
  const text = expression.trim();
  const inner = /^\(([^()]*)\)$/.exec(text)?.[1] ?? text;
  if (/[()]/.test(inner)) return false;
  return inner
    .split(/ OR /)
    .some((either) => either.split(/ AND /).every((one) => allowed.includes(one.trim())));
}

/** @param {readonly Shipped[]} shipped @param {Rules} rules @returns {string[]} */
export function licenceProblems(shipped, { allowed, clarified, contains }) {
  const names = new Set(shipped.map(({ name }) => name));
  const unused = [...Object.keys(clarified), ...Object.keys(contains)].filter((name) => !names.has(name));
  return [
    ...shipped.flatMap(({ name, version, licence }) => {
      if (licence === undefined) return [`${name} ${version} declares no licence`];
      return isAllowed(licence, allowed)
        ? []
        : [`${name} ${version} is under ${licence}, which is not allowed`];
    }),
    ...unused.map((name) => `licences.json tells of ${name}, which does not ship`),
  ];
}

const noticeNames = /^(licen[cs]e|copying|notice|third.?party.?notices)/i;

/**
 * The texts of all licences, package by package. A package without a text of its own has the standard one of its licence.
 * Throws where a package is not installed, or has neither.
 */
export function thirdPartyLicences(folder) {
  const rules = licenceRules();
  const shipped = shippedPackages(readLockfile(folder).lockfile, rules);
  const parts = shipped.map((one) => {
    const { name, published, version, licence } = one;
    const contained = rules.contains[name];
    const heading = `${published} ${version} — ${licence}${contained ? `\ncontains ${contained}` : ''}`;
    return `${'='.repeat(78)}\n${heading}\n${'='.repeat(78)}\n\n${textOf(folder, one)}\n`;
  });
  return `Precedent is made with these ${shipped.length} packages of others.\n\n${parts.join('\n')}`;
}

/** @param {Shipped} shipped */
function textOf(folder, { name, place, licence }) {
  const home = join(folder, place);
  if (!existsSync(home))
    throw new Error(`${name} is not installed, so its licence cannot be read: run npm ci`);
  const files = readdirSync(home).filter((file) => noticeNames.test(file));
  if (files.length > 0)
    return files.map((file) => readFileSync(join(home, file), 'utf8').trim()).join('\n\n');
  const standard = join(import.meta.dirname, 'texts', `${licence}.txt`);
  if (!existsSync(standard))
    throw new Error(
      `${name} has no licence text, and there is none of ${licence}: add it to tools/dependencies/texts`,
    );
  return readFileSync(standard, 'utf8').replace('HOLDER', `the authors of ${name}`).trim();
}
