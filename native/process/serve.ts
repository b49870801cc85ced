/** The answering side of a channel: validates every message against the contract, runs handlers, reports and cancels. */
import { PrecedentError } from '../contract/errors.ts';
import {
  type Channel,
  type Contract,
  clientMessage,
  type EventData,
  type EventName,
  type Method,
  type ParsedParams,
  type Progress,
  type Result,
  type ServerMessage,
} from '../contract/rpc.ts';
import { safely } from '../contract/safely.ts';

export interface HandlerContext<P> {
  readonly signal: AbortSignal;
  readonly progress: (progress: P) => void;
}
export type Handlers<C extends Contract> = {
  readonly [M in Method<C>]: (
    params: ParsedParams<C, M>,
    context: HandlerContext<Progress<C, M>>,
  ) => Promise<Result<C, M>> | Result<C, M>;
};

export interface Server<C extends Contract> {
  emit<E extends EventName<C>>(event: E, data: EventData<C, E>): void;
}

/**
 * Serves the contract on a channel until it closes; then every request still running is aborted.
 * @param explained makes the error that is answered of whatever a handler threw
 */
export function serve<C extends Contract>(
  contract: C,
  channel: Channel,
  handlers: Handlers<C>,
  explained: (thrown: unknown) => Promise<PrecedentError> = async (thrown) => PrecedentError.from(thrown),
): Server<C> {
  const running = new Map<number, AbortController>();
  let closed = false;
  const send = (message: ServerMessage) => {
    if (!closed) channel.send(message);
  };

  channel.onMessage((raw) => {
    const parsed = safely(clientMessage, raw);
    if (!parsed.success) return;
    const message = parsed.data;
    if (message.type === 'cancel') {
      running.get(message.id)?.abort();
      return;
    }
    const { id, method } = message;
    if (running.has(id)) return;
    const spec = Object.hasOwn(contract.requests, method) ? contract.requests[method] : undefined;
    const params = spec && safely(spec.params, message.params);
    if (!params?.success) {
      const issue = params?.error.issues[0];
      const what = issue
        ? `${issue.path.join('.') || 'parameters'}: ${issue.message}`
        : 'there is no such request';
      send({ type: 'error', id, error: { kind: 'usage', what, where: method } });
      return;
    }
    const controller = new AbortController();
    running.set(id, controller);
    const handler = handlers[method as Method<C>];
    const context = {
      signal: controller.signal,
      progress: (progress: unknown) => send({ type: 'progress', id, progress }),
    };
    Promise.resolve()
      .then(() => handler(params.data as ParsedParams<C, Method<C>>, context))
      .then(
        (result) => send({ type: 'result', id, result }),
        async (thrown: unknown) => send({ type: 'error', id, error: (await explained(thrown)).toData() }),
      )
      .finally(() => running.delete(id));
  });
  channel.onClose(() => {
    closed = true;
    for (const controller of running.values()) controller.abort();
  });
  return { emit: (event, data) => send({ type: 'event', event, data }) };
}
