/** Runs Python where it has the field's reference readers, so that tests can compare with them. */
import { execFileSync } from 'node:child_process';

const candidates = ['/usr/bin/python3', 'python3'];

/** A Python that has these modules, or null. */
export function pythonWith(...modules: readonly string[]): string | null {
  const works = (python: string) => {
    try {
      execFileSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  return candidates.find(works) ?? null;
}

/** What a script prints as JSON. */
export function runPython<T>(python: string, script: string, args: readonly string[]): T {
  return JSON.parse(
    execFileSync(python, ['-c', script, ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 }),
  ) as T;
}
