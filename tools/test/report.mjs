/** A Vitest reporter that counts, and writes what `npm test` sums up to the file that PRECEDENT_TEST_SUMMARY names. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const path = process.env.PRECEDENT_TEST_SUMMARY;
    if (!path) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(summarize(modules, unhandledErrors)));
  }
}

/**
 * Passed and failed counts, and what was skipped as `{name, count, reason}` per group. A file that cannot be run, a
 * failing hook and an error outside of every test are one failure each.
 */
export function summarize(modules, unhandledErrors) {
  const summary = { passed: 0, failed: unhandledErrors.length, skipped: [] };
  for (const module of modules) {
    summary.failed += module.errors().length;
    for (const suite of module.children.allSuites()) summary.failed += suite.errors().length;
    for (const test of module.children.allTests()) count(test, summary);
  }
  return summary;
}

function count(test, summary) {
  const { state, note } = test.result();
  if (state === 'passed') summary.passed += 1;
  else if (state === 'failed') summary.failed += 1;
  else addSkipped(test, note, summary.skipped);
}

/** Tests that one `describe` skips are listed once, under its name, which tells the reason where it was skipped for one. */
function addSkipped(test, note, skipped) {
  const name = `${test.module.project.name}: ${(skippedSuite(test) ?? test).fullName}`;
  const known = skipped.find((other) => other.name === name && other.reason === note);
  if (known) known.count += 1;
  else skipped.push({ name, count: 1, reason: note });
}

/** The outermost suite around the test that is skipped as a whole, or null. */
function skippedSuite(test) {
  let found = null;
  for (let suite = test.parent; suite.type === 'suite'; suite = suite.parent) {
    if (suite.options.mode === 'skip') found = suite;
  }
  return found;
}
