/** The inference process's contract, answered in this process on one thread, so that kinds are tested without building anything. */
import { type InferenceContract, inferenceContract } from '../../native/contract/inference.ts';
import type { Channel } from '../../native/contract/rpc.ts';
import { loadManifest } from '../../native/encoder/manifest.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import { ManagedProcess } from '../../native/process/managed.ts';
import { serve } from '../../native/process/serve.ts';

export function inferenceHere(): ManagedProcess<InferenceContract> {
  const sessions = new Map<string, Promise<EncoderSession>>();
  const session = (encoder: string) => {
    const open = sessions.get(encoder) ?? loadManifest(encoder).then((m) => EncoderSession.open(m, encoder));
    sessions.set(encoder, open);
    return open;
  };
  const spawn = async () => {
    const [here, there] = pair();
    serve(inferenceContract, there, {
      open: async ({ encoder }) => {
        const { manifest } = await session(encoder);
        return { provider: 'cpu' as const, refused: [], threads: 1, batch: 1, dim: manifest.output.dim };
      },
      run: async ({ encoder, inputs, count }) => {
        return { output: await (await session(encoder)).run(inputs, count), ms: 0 };
      },
    });
    return here;
  };
  return new ManagedProcess('inference', inferenceContract, { spawn }, () => undefined);
}

/** Two ends of a pipe; messages are copied, as between processes. */
export function pair(): [Channel, Channel] {
  const listeners: ((message: unknown) => void)[][] = [[], []];
  const end = (own: number): Channel => ({
    send: (message) => {
      const copy = structuredClone(message);
      setImmediate(() => {
        for (const listener of listeners[1 - own]) listener(copy);
      });
    },
    onMessage: (listener) => listeners[own].push(listener),
    onClose: () => undefined,
    close: () => undefined,
  });
  return [end(0), end(1)];
}
