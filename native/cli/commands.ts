/** What every subcommand shares: the library's options, an engine for as long as it runs, text or JSON. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Host, startHost } from './host.ts';

export interface Common {
  readonly library: string;
  readonly json?: boolean;
}

export const everything = 10_000;
/** Aborts at Ctrl-C. */
export const interrupted = new AbortController();

/** As `withLibrary`, for what needs an engine but no cases: an empty library that is gone afterwards. */
export async function withoutLibrary<T>(
  options: { readonly json?: boolean },
  work: (host: Host) => Promise<T>,
  text: (result: T) => string,
): Promise<void> {
  const library = await mkdtemp(join(tmpdir(), 'precedent-'));
  try {
    await withLibrary({ ...options, library }, true, work, text);
  } finally {
    await rm(library, { recursive: true, force: true });
  }
}

/** Runs one command against a library: result as JSON, or as `text` says. */
export async function withLibrary<T>(
  options: Common,
  mayCreate: boolean,
  work: (host: Host) => Promise<T>,
  text: (result: T) => string,
): Promise<void> {
  const host = await startHost(options.library, { mayCreate });
  try {
    const result = await work(host);
    process.stdout.write(`${options.json ? JSON.stringify(result) : text(result)}\n`);
  } finally {
    await host.close();
  }
}

export function command(name: string, description: string): Command {
  return new Command(name).description(description).option('--json', 'print one JSON document on stdout');
}
export function libraryCommand(name: string, description: string): Command {
  return command(name, description).requiredOption('--library <dir>', 'the library folder');
}
