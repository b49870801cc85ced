/** What every subcommand shares: the library's options, an engine for as long as it runs, text or JSON. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Host, type HostOptions, startHost } from './host.ts';
import { askSecret } from './passphrase.ts';

export interface Common {
  readonly library: string;
  readonly json?: boolean;
  /** Where the passphrase of an encrypted library is. */
  readonly passphraseFile?: string;
}

export const passphraseOption = [
  '--passphrase-file <file>',
  'the passphrase of an encrypted library, the first line of this file',
] as const;

export const everything = 10_000;
/** Aborts at Ctrl-C. */
export const interrupted = new AbortController();

/** An engine on a library, made where there is none, or on an empty one that is gone afterwards. */
export async function openLibrary<T>(
  { library, passphraseFile }: { readonly library?: string | undefined; readonly passphraseFile?: string },
  work: (host: Host) => Promise<T>,
): Promise<T> {
  const folder = library ?? (await mkdtemp(join(tmpdir(), 'precedent-')));
  try {
    const temporary = library === undefined;
    const host = await startHost(folder, {
      mayCreate: true,
      temporary,
      secret: () => askSecret(passphraseFile),
    });
    try {
      return await work(host);
    } finally {
      await host.close();
    }
  } finally {
    if (library === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** As `withLibrary`, for what needs an engine but no cases: an empty library that is gone afterwards. */
export async function withoutLibrary<T>(
  options: { readonly json?: boolean },
  work: (host: Host) => Promise<T>,
  text: (result: T) => string,
): Promise<void> {
  print(options, await openLibrary({}, work), text);
}

/** Runs one command against a library: result as JSON, or as `text` says. */
export async function withLibrary<T>(
  options: Common,
  mayCreate: boolean,
  work: (host: Host) => Promise<T>,
  text: (result: T) => string,
  more: Omit<HostOptions, 'mayCreate'> = {},
): Promise<void> {
  const secret = () => askSecret(options.passphraseFile);
  const host = await startHost(options.library, { secret, ...more, mayCreate });
  try {
    print(options, await work(host), text);
  } finally {
    await host.close();
  }
}

/** The result as JSON where it is asked for, else as `text` says. */
export function print<T>(
  { json }: { readonly json?: boolean },
  result: T,
  text: (result: T) => string,
): void {
  process.stdout.write(`${json ? JSON.stringify(result) : text(result)}\n`);
}

export function command(name: string, description: string): Command {
  return new Command(name).description(description).option('--json', 'print one JSON document on stdout');
}
export function libraryCommand(name: string, description: string): Command {
  return command(name, description)
    .requiredOption('--library <dir>', 'the library folder')
    .option(...passphraseOption);
}

/** Every row of a list, however many replies it takes. */
export async function allRows<T>(
  list: (page: { offset: number; limit: number }) => Promise<{ total: number; rows: T[] }>,
): Promise<T[]> {
  const rows: T[] = [];
  for (;;) {
    const page = await list({ offset: rows.length, limit: everything });
    rows.push(...page.rows);
    if (rows.length >= page.total || page.rows.length === 0) return rows;
  }
}
