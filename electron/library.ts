/** Which library folder is opened: the one named, the one remembered, or the demonstration; and what policy allows. */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { PrecedentError } from '../native/contract/errors.ts';
import { ensureFolder, writeFileAtomic } from '../native/files/files.ts';

export interface LibraryChoice {
  readonly folder: string;
  readonly demonstration: boolean;
  /** Of an encrypted library. */
  readonly key?: Uint8Array | undefined;
  /** Whether an empty library is made where there is none: not in the place of one that was there before. */
  readonly mayCreate: boolean;
}

export interface LibraryPolicy {
  readonly official: boolean;
  readonly allowTestData: boolean;
  /** Where the demonstration library lies. */
  readonly demonstrationFolder: string;
  /** The folder that the administrator's policy names. */
  readonly folder?: string | undefined;
}

const settings = z.object({ library: z.string().optional() });

/** The folder that was opened last by the user, where the settings file names one, whether it still exists or not. */
function rememberedLibrary(settingsFile: string): string | null {
  try {
    return settings.parse(JSON.parse(readFileSync(settingsFile, 'utf8'))).library ?? null;
  } catch {
    return null;
  }
}

/** Throws `storage` when the settings file cannot be written. */
export async function rememberLibrary(settingsFile: string, library: string): Promise<void> {
  await ensureFolder(dirname(settingsFile));
  await writeFileAtomic(settingsFile, Buffer.from(`${JSON.stringify({ library }, null, 2)}\n`));
}

/** In a checkout the demonstration stands in it, where the command line makes it too; installed, in the user's data. */
export function demonstrationFolder(appPath: string, userData: string, packaged: boolean): string {
  return packaged ? join(userData, 'demo-library') : join(appPath, 'demo-library');
}

/** Throws `refused` where an unofficial runtime is asked for anything but the demonstration. */
export function allowLibrary(folder: string, policy: LibraryPolicy): LibraryChoice {
  const demonstration = canonical(folder) === canonical(policy.demonstrationFolder);
  if (!demonstration && !allowsPatientData(policy)) {
    throw new PrecedentError(
      'refused',
      'this runtime is not an official Electron and opens only the demonstration library',
      undefined,
      'install the official runtime, or give --allow-test-data for data of no patient',
    );
  }
  return { folder: resolve(folder), demonstration, mayCreate: true };
}

/** Whether files other than the demonstration's own may be read at all. */
export function allowsPatientData(policy: LibraryPolicy): boolean {
  return policy.official || policy.allowTestData;
}

/** What to open at the start. Only a folder named by argument is refused aloud; a remembered one is passed over. */
export function chooseLibrary(
  named: string | null,
  settingsFile: string,
  policy: LibraryPolicy,
): LibraryChoice {
  if (named !== null) return allowLibrary(named, policy);
  const remembered = rememberedLibrary(settingsFile);
  if (remembered === null || !allowsPatientData(policy))
    return allowLibrary(policy.folder ?? policy.demonstrationFolder, policy);
  const choice = allowLibrary(remembered, policy);
  return { ...choice, mayCreate: choice.demonstration };
}

/** The path with symbolic links resolved; that of a folder not made yet as it is written. */
function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
