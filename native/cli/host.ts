/** The command line as a host: starts the engine, opens a library, grants the paths that were typed. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type EngineContract, engineContract } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { toHost } from '../contract/host.ts';
import { RpcClient } from '../contract/rpc.ts';
import { safely } from '../contract/safely.ts';
import { calibrationsFolder } from '../encoder/calibrationsFolder.ts';
import { openKeyFile, readKeyFile } from '../files/keyFile.ts';
import { unlockFolder } from '../files/unlocked.ts';
import { installation, nodeInstallation } from './installation.ts';
import { signIn } from './signIn.ts';

export interface Host {
  /** The engine's process id. */
  readonly pid: number | undefined;
  readonly engine: RpcClient<EngineContract>;
  /** A one-time token for a path. Throws `usage` when there is nothing to read at it. */
  grant(path: string, access: 'read' | 'write'): string;
  close(): Promise<void>;
}

export interface HostOptions {
  readonly mayCreate: boolean;
  readonly dist?: string;
  /** Whether the command does its work also where nobody signed in. */
  readonly maybeLocked?: boolean;
  /** An empty library for one command. */
  readonly temporary?: boolean;
  /** Of an encrypted library; asked for where it is needed. */
  readonly secret?: () => Promise<string>;
  /** Told of each file while the library is encrypted or decrypted, with the engine's process id. */
  readonly onConverting?: (
    progress: { readonly done: number; readonly total: number },
    pid: number | undefined,
  ) => void;
}

/** What the whole command line was given beside its command; set once, before any command runs. */
export const given: { user?: string; pinFile?: string; policy?: string } = {};

/** Starts the engine on a library folder and signs in. Throws what opening it and `signIn` throw. */
export async function startHost(library: string, options: HostOptions): Promise<Host> {
  const root = resolve(library);
  // A library whose catalog is gone can still be restored.
  if (!options.mayCreate && !['catalog.sqlite', 'voxels'].some((name) => existsSync(join(root, name)))) {
    throw new PrecedentError(
      'not-found',
      'there is no library',
      library,
      'make one with `import` or `demo`, or check --library',
    );
  }
  const key = await libraryKey(root, options);
  // What this process reads of the library itself.
  if (key) unlockFolder(root, key);
  const { resources, startEngine } = options.dist ? nodeInstallation(options.dist) : installation();
  const child = startEngine(root);
  const engine = new RpcClient(engineContract, child.channel);
  await new Promise<void>((done, fail) => {
    child.onMessage((raw) => {
      const message = safely(toHost, raw);
      if (message.data?.control === 'converting') options.onConverting?.(message.data, child.pid);
      if (message.data?.control === 'opened') done();
      if (message.data?.control === 'failed') fail(PrecedentError.fromData(message.data.error));
    });
    child.onExit((code) => fail(new PrecedentError('interrupted', `the engine ended with ${code}`)));
    child.tell({
      control: 'open',
      library: root,
      key,
      mayCreate: options.mayCreate,
      resources,
      calibrations: calibrationsFolder(),
      policyFile: given.policy,
      temporary: options.temporary,
    });
  })
    .then(() => (options.maybeLocked ? undefined : signIn(engine, given)))
    .catch(async (error: unknown) => {
      await child.end();
      throw error;
    });
  return {
    pid: child.pid,
    engine,
    grant: (path, access) => {
      const absolute = resolve(path);
      if (access === 'read') checkReadable(path);
      const token = randomUUID();
      child.tell({ control: 'grant', token, path: absolute, access });
      return token;
    },
    close: () => child.end(),
  };
}

/** The key of an encrypted library. Throws `refused` for a wrong passphrase. */
async function libraryKey(root: string, { secret }: HostOptions): Promise<Uint8Array | undefined> {
  const file = await readKeyFile(root);
  if (!file) return undefined;
  if (!secret) throw new PrecedentError('refused', 'it is encrypted', 'the library', 'give its passphrase');
  return openKeyFile(file, await secret());
}

/** Throws `usage` when nothing is at a path that was typed. */
export function checkReadable(path: string): void {
  if (!existsSync(resolve(path)))
    throw new PrecedentError('usage', 'there is no such file or folder', basename(path), 'check the path');
}
