/** The inference process: owns every ONNX Runtime session, whose calls block, and nothing else. */
import { availableParallelism } from 'node:os';
import { inferenceContract } from '../contract/inference.ts';
import { runChild } from '../process/child.ts';
import { loadManifest } from './manifest.ts';
import { EncoderSession } from './session.ts';

const sessions = new Map<string, Promise<EncoderSession>>();

function session(folder: string): Promise<EncoderSession> {
  const open = sessions.get(folder) ?? openSession(folder);
  sessions.set(folder, open);
  return open;
}

async function openSession(folder: string): Promise<EncoderSession> {
  try {
    return await EncoderSession.open(await loadManifest(folder), folder, { threads: availableParallelism() });
  } catch (error) {
    sessions.delete(folder);
    throw error;
  }
}

runChild(inferenceContract, {
  open: async ({ encoder }) => {
    const { provider, manifest } = await session(encoder);
    return { provider, dim: manifest.output.dim };
  },
  run: async ({ encoder, count, input }) => {
    const open = await session(encoder);
    const started = performance.now();
    const output = await open.run(input, count);
    return { output, ms: performance.now() - started };
  },
});
