/** Known weaknesses of the packages as npm's registry tells them, and those that were looked at and are borne until a date. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ advisory: string, package: string, why: string, until: string }} Explained
 * @typedef {{ advisory: string, package: string, severity: string, title: string }} Finding
 */

/** @returns {Explained[]} */
export function explainedFindings() {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'explained.json'), 'utf8'));
}

/** The advisories of `npm audit --json`, each once a package; null where the registry gave none. @returns {Finding[] | null} */
export function findingsOf(report) {
  if (!report.vulnerabilities) return null;
  return Object.values(report.vulnerabilities).flatMap(({ name, via }) =>
    via
      .filter((cause) => typeof cause === 'object')
      .map(({ url, severity, title }) => ({
        advisory: String(url).split('/').at(-1) ?? '',
        package: name,
        severity,
        title,
      })),
  );
}

/**
 * @param {readonly Finding[]} findings @param {readonly Explained[]} explained
 * @param {string} today as 2026-11-27 @returns {string[]}
 */
export function auditProblems(findings, explained, today) {
  const covers = (finding) => (one) =>
    one.advisory === finding.advisory && one.package === finding.package && one.until >= today;
  return findings
    .filter((finding) => !explained.some(covers(finding)))
    .map(
      ({ advisory, package: name, severity, title }) =>
        `${name}: ${title} (${severity}, ${advisory}); update it, or explain it in tools/dependencies/explained.json until a date`,
    );
}
