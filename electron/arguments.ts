/** Reads Precedent's own arguments out of a command line that also carries Electron's and Chromium's. */
import { resolve } from 'node:path';

export interface Arguments {
  /** The library folder named with `--library`, absolute. */
  readonly library: string | null;
  /** `--allow-test-data`: an unofficial runtime may open libraries other than the demonstration. */
  readonly allowTestData: boolean;
  /** Files and folders that the application was opened with, absolute: by a file manager, or dropped on its icon. */
  readonly opened: readonly string[];
  /** Another policy file, absolute: for tests and development, a release does not look at it. */
  readonly policyFile: string | null;
}

/**
 * `--library DIR` and `--library=DIR` are the same; the last one counts. Unknown switches are Chromium's, which never take
 * the argument after them.
 */
export function parseArguments(argv: readonly string[], cwd: string): Arguments {
  let library: string | null = null;
  let allowTestData = false;
  let policyFile: string | null = null;
  const opened: string[] = [];
  for (let n = 0; n < argv.length; n++) {
    const argument = argv[n];
    const next = argv[n + 1];
    if (argument === '--library' && next !== undefined) {
      library = resolve(cwd, next);
      n++;
    } else if (argument.startsWith('--library=')) library = resolve(cwd, argument.slice('--library='.length));
    else if (argument.startsWith('--policy=')) policyFile = resolve(cwd, argument.slice('--policy='.length));
    else if (argument === '--allow-test-data') allowTestData = true;
    else if (!argument.startsWith('-')) opened.push(resolve(cwd, argument));
  }
  return { library, allowTestData, opened, policyFile };
}

/** What a process was started with: in a checkout the first argument that is no switch is the application's own folder. */
export function ownArguments(argv: readonly string[], packaged: boolean): readonly string[] {
  const given = argv.slice(1);
  const folder = packaged ? -1 : given.findIndex((argument) => !argument.startsWith('-'));
  return given.filter((_, n) => n !== folder);
}

/** What follows `--cli … --`: the arguments of a command that runs without a window; null where the window is asked for. */
export function commandArguments(argv: readonly string[]): readonly string[] | null {
  const end = argv.indexOf('--');
  return end >= 0 && argv.slice(0, end).includes('--cli') ? argv.slice(end + 1) : null;
}
