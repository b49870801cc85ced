/** Reads Precedent's own arguments out of a command line that also carries Electron's and Chromium's. */
import { resolve } from 'node:path';

export interface Arguments {
  /** The library folder named with `--library`, absolute. */
  readonly library: string | null;
  /** `--allow-test-data`: an unofficial runtime may open libraries other than the demonstration. */
  readonly allowTestData: boolean;
  /** Another policy file, absolute: for tests and development, a release does not look at it. */
  readonly policyFile: string | null;
}

/** `--library DIR` and `--library=DIR` are the same; the last one counts. Unknown arguments are Chromium's. */
export function parseArguments(argv: readonly string[], cwd: string): Arguments {
  let library: string | null = null;
  let allowTestData = false;
  let policyFile: string | null = null;
  for (const [index, argument] of argv.entries()) {
    const next = argv[index + 1];
    if (argument === '--library' && next !== undefined) library = resolve(cwd, next);
    else if (argument.startsWith('--library=')) library = resolve(cwd, argument.slice('--library='.length));
    else if (argument.startsWith('--policy=')) policyFile = resolve(cwd, argument.slice('--policy='.length));
    else if (argument === '--allow-test-data') allowTestData = true;
  }
  return { library, allowTestData, policyFile };
}
