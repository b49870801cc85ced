/** One-time tokens for paths that the user chose in a dialog or dropped: the window gets the token, the engine the path. */
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Granted } from '../native/contract/bridge.ts';
import type { ToEngine } from '../native/contract/host.ts';

/** Tells the engine what a fresh token stands for and returns it with the last part of the path as its label. */
export function grant(send: (message: ToEngine) => void, path: string, access: 'read' | 'write'): Granted {
  const token = randomUUID();
  send({ control: 'grant', token, path, access });
  return { token, label: basename(path) || path };
}
