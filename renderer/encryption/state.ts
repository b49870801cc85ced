/** What the window knows of the library's encryption: asked of the shell, again and again while it is about to change. */
import { queryOptions } from '@tanstack/react-query';
import { create } from 'zustand';
import type { EncryptionState, Outcome } from '../../native/contract/encryption.ts';
import { bridge } from '../bridge.ts';
import { queryClient } from '../engine.ts';
import { failed } from '../ui/notice.ts';

const queryKey = ['encryption'];

/** How soon it is asked again, ms. The other window may bring the passphrase. */
const againMs: Readonly<Partial<Record<EncryptionState['state'], number>>> = {
  opening: 250,
  converting: 500,
  locked: 1000,
};

export const encryptionQuery = queryOptions({
  queryKey,
  queryFn: () => bridge.encryption(),
  refetchInterval: ({ state }) => (state.data && againMs[state.data.state]) ?? false,
});

export function encryptionChanged(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey });
}

/** A recovery key that nobody has said to have kept: it is not shown again, so it stands before everything until then. */
export const useRecoveryKey = create<{ readonly shown: string | null }>(() => ({ shown: null }));

/** Shows what came of something besides that it was done. */
export function showOutcome({ recoveryKey, problem }: Outcome): void {
  if (recoveryKey !== undefined) useRecoveryKey.setState({ shown: recoveryKey });
  if (problem !== undefined) failed('Not everything could be done', new Error(problem));
}

/** The engine is stopped and started again on purpose meanwhile. */
export function isConverting(): boolean {
  return queryClient.getQueryData(encryptionQuery.queryKey)?.state === 'converting';
}

/** Said at once, so that the window follows what the shell begins. */
export function conversionBegins(): void {
  queryClient.setQueryData<EncryptionState>(queryKey, (state) => state && { ...state, state: 'converting' });
}
