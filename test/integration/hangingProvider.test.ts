import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProcessState } from '../../native/contract/engine.ts';
import { inferenceContract } from '../../native/contract/inference.ts';
import { ModelClient } from '../../native/encoder/modelClient.ts';
import { ManagedProcess } from '../../native/process/managed.ts';
import { forkModule } from '../../native/process/spawners.ts';

const builtin = resolve(import.meta.dirname, '../../resources/encoders/builtin');
const hanging = resolve(import.meta.dirname, '../support/hangingInference.ts');

let calibrations: string;
beforeEach(async () => {
  calibrations = await mkdtemp(join(tmpdir(), 'precedent-hanging-'));
});
afterEach(() => rm(calibrations, { recursive: true }));

function inference() {
  const states: ProcessState['state'][] = [];
  const spawner = { spawn: async () => forkModule(hanging) };
  const managed = new ManagedProcess('inference', inferenceContract, spawner, ({ state }) =>
    states.push(state),
  );
  return { managed, states, model: new ModelClient(managed, builtin, calibrations) };
}

test('a provider that hangs at its trial costs two restarts, is refused, and the model opens without it', async () => {
  const first = inference();
  const state = await first.model.open();
  await first.managed.stop();
  expect(first.states).toEqual(['running', 'restarting', 'running', 'restarting', 'running']);
  expect(state.provider).toBe('cpu');
  expect(state.refused).toContainEqual({
    provider: 'cuda',
    reason: 'the process died or hung twice when it was tried',
  });

  const next = inference();
  expect(await next.model.open()).toEqual(state);
  await next.managed.stop();
  expect(next.states).toEqual(['running']);
});
