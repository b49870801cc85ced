/** A process that serves a contract, under malformed messages: none may be carried out, and each request is answered once. */
import { type ChildProcess, fork } from 'node:child_process';
import { type Contract, clientMessage, serverMessage } from '../../native/contract/rpc.ts';
import { safely } from '../../native/contract/safely.ts';
import type { Junk } from './junk.ts';

export interface Outcome {
  /** Messages that were sent. */
  sent: number;
  /** Of them, how many had the form of a request, and were answered by an error. */
  refused: number;
  /** Valid questions with keys that name prototypes, which were answered as without them. */
  polluted: number;
  faults: string[];
}

export interface Served {
  readonly contract: Contract;
  /** A request that changes nothing, to see that the process still answers. */
  readonly sign: { readonly method: string; readonly params: object };
  /** Requests that only read, which may carry further keys. */
  readonly harmless?: readonly string[];
  /** What may not be sent to it by who speaks over this channel; by default, nothing. */
  readonly hostMessage?: (junk: Junk) => object;
}

const perRound = 200;
const patienceMs = 60_000;
const mostFaults = 20;
const pollution = ['{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}'];

export function forkBuilt(module: string): ChildProcess {
  return fork(module, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
}

/** A message that the contract refuses, or that has no form at all; null where the damage left it valid. */
function malformed(junk: Junk, { contract, hostMessage }: Served, id: number): unknown {
  if (hostMessage && junk.chance(0.05)) return hostMessage(junk);
  if (junk.chance(0.05)) return junk.anything();
  if (junk.chance(0.05)) return { type: 'cancel', id: junk.chance(0.5) ? junk.below(1e6) : junk.anything() };
  const method = junk.one(Object.keys(contract.requests));
  const params = junk.valid(contract.requests[method].params);
  const request = { type: 'request', id, method, params };
  const message = junk.chance(0.2)
    ? (junk.damaged(request) as Partial<typeof request>)
    : { ...request, params: junk.damaged(params) };
  const parsed = safely(clientMessage, message);
  if (!parsed.success || parsed.data.type === 'cancel') return message;
  const spec = Object.hasOwn(contract.requests, parsed.data.method)
    ? contract.requests[parsed.data.method]
    : undefined;
  return spec && safely(spec.params, parsed.data.params).success ? null : message;
}

export async function fuzzServed(
  child: ChildProcess,
  served: Served,
  junk: Junk,
  count: number,
): Promise<Outcome> {
  const outcome: Outcome = { sent: 0, refused: 0, polluted: 0, faults: [] };
  const replies = new Map<number, string[]>();
  let signs: ((reply: unknown) => void) | undefined;
  let signId = -1;
  const heard = (raw: unknown) => {
    const message = serverMessage.safeParse(raw).data;
    if (message === undefined || message.type === 'event' || message.type === 'progress') return;
    if (message.id === signId) {
      signs?.(message);
      return;
    }
    const kind = message.type === 'error' ? message.error.kind : 'result';
    replies.set(message.id, [...(replies.get(message.id) ?? []), kind]);
  };
  let ended: string | undefined;
  const died = (code: number | null, signal: string | null) => {
    ended = `the process ended (${code ?? signal})`;
    signs?.(ended);
  };
  child.on('message', heard);
  child.once('exit', died);

  // Far from what damaged ids become.
  let nextId = 1_000_000;
  const alive = async () => {
    signId = -1_000_000 - outcome.sent;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    signs = resolve;
    const timer = setTimeout(resolve, patienceMs, 'it does not answer any more');
    child.send({ type: 'request', id: signId, ...served.sign }, () => undefined);
    const reply = await promise;
    clearTimeout(timer);
    return reply;
  };
  const text = (reply: unknown) => JSON.stringify(reply, (name, value) => (name === 'id' ? 0 : value));
  const normal = text(await alive());

  while (outcome.sent < count && outcome.faults.length < mostFaults && ended === undefined) {
    const expected = new Map<number, string>();
    const round: unknown[] = [];
    while (round.length < perRound && outcome.sent < count) {
      const id = nextId++;
      let message: unknown;
      let answered: number | undefined;
      if (served.harmless && junk.chance(0.02)) {
        const extra = JSON.parse(junk.one(pollution)) as object;
        message = { type: 'request', id, method: junk.one(served.harmless), params: extra };
        answered = id;
        expected.set(id, 'result');
      } else {
        message = malformed(junk, served, id);
        if (message === null) continue;
        const asked = safely(clientMessage, message).data;
        if (asked?.type === 'request') {
          // An id that was damaged is answered like another.
          answered = asked.id;
          expected.set(answered, 'usage');
        }
      }
      try {
        child.send(message as object, () => undefined);
      } catch {
        // It cannot be cloned, so nobody can send it.
        if (answered !== undefined) expected.delete(answered);
        continue;
      }
      if (answered !== undefined) outcome[expected.get(answered) === 'result' ? 'polluted' : 'refused']++;
      round.push(message);
      outcome.sent++;
    }
    const reply = await alive();
    if (text(reply) !== normal)
      outcome.faults.push(`${ended ?? 'its sign of life is another one'}: ${text(reply).slice(0, 200)}`);
    for (const [id, kind] of expected) {
      const got = replies.get(id) ?? [];
      if (got.length === 0 || got.some((one) => one !== kind)) {
        outcome.faults.push(`a request was answered ${got.join(', ') || 'not at all'} instead of ${kind}`);
      }
    }
    for (const [id, got] of replies) {
      if (!expected.has(id)) outcome.faults.push(`${got.join(', ')} without having been asked`);
    }
    replies.clear();
  }
  child.off('message', heard);
  child.off('exit', died);
  return outcome;
}
