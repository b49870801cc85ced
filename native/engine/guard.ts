/**
 * Stands before every handler: refuses what a locked library or the administrator's policy does not allow, keeps back what was asked
 * before it was locked, and writes into the audit what the table of audited requests says.
 */
import type { NewEntry } from '../catalog/audit.ts';
import type { EngineContract } from '../contract/engine.ts';
import type { Method } from '../contract/rpc.ts';
import { byPolicy } from '../policy/libraryRules.ts';
import type { HandlerContext, Handlers } from '../process/serve.ts';
import { auditedRequest } from './auditedRequests.ts';
import type { Library } from './library.ts';
import { lockedError } from './session.ts';

type EngineMethod = Method<EngineContract>;
type Handler = (params: never, context: HandlerContext<never>) => unknown;

/** What tells nothing of patients and is needed to sign in, or to check the audit without being able to. */
const whileLocked: ReadonlySet<EngineMethod> = new Set<EngineMethod>([
  'session.get',
  'session.signIn',
  'session.lock',
  'users.add',
  'audit.verify',
]);

/** What is answered behind the lock, if it was asked before; nothing of a patient is in it. */
const answeredWhileLocked: ReadonlySet<EngineMethod> = new Set<EngineMethod>([
  ...whileLocked,
  // Taking in users locks by itself, and a command has nobody to sign in.
  'archive.read',
  // The engine ends with these, and an answer that is kept back with it.
  'backups.restore',
  'backups.accept',
]);

/** What writes cases, or what was found among them, out of the library. */
const exports: ReadonlySet<EngineMethod> = new Set<EngineMethod>([
  'export.run',
  'takeaway.hits',
  'takeaway.comparison',
  'takeaway.teaching',
  'annotations.export',
  'annotations.exportReport',
  'keyImages.export',
  'evaluate.save',
  'archive.write',
  'backups.export',
]);

/** What keeps copies of the catalog, by the name of the folder that users choose for them: wherever they can carry it from. */
const copiesTo: Readonly<Partial<Record<EngineMethod, string>>> = {
  'backups.make': 'to',
  'backups.setFolder': 'folder',
};

/** Whether a request takes cases, or what was found among them, out of the library. */
function exporting(method: EngineMethod, params: Readonly<Record<string, unknown>>): boolean {
  const chosen = copiesTo[method];
  return exports.has(method) || (chosen !== undefined && (params[chosen] ?? null) !== null);
}

export function guarded(
  { audit, session, db }: Pick<Library, 'audit' | 'session' | 'db'>,
  handlers: Handlers<EngineContract>,
  seen = new SeenLately(),
): Handlers<EngineContract> {
  /** A library that was opened read-only can be looked at all the same. */
  const write = (entry: NewEntry): void => {
    if (!db.readonly) audit.append([entry]);
  };
  const allow = (method: EngineMethod, params: Readonly<Record<string, unknown>>): void => {
    if (session.locked && !whileLocked.has(method)) throw lockedError();
    if (session.policy.exportDisabled && exporting(method, params)) {
      write({ action: 'policy.refused', subject: '', detail: { request: method } });
      throw byPolicy('nothing is exported from here');
    }
  };
  const guard = (method: EngineMethod, handler: Handler): Handler => {
    const audited = auditedRequest(method);
    return async (params, context) => {
      allow(method, params);
      if (audited?.before) write(audited.before(params));
      const result = await handler(params, context);
      const entry = audited?.after?.(params, result as never);
      if (entry && !(audited?.seldom && seen.lately(`${session.user} ${entry.action} ${entry.subject}`)))
        write(entry);
      // Refused, it would be asked for once more, or taken for undone.
      if (!answeredWhileLocked.has(method)) await session.unlocked(context.signal);
      return result;
    };
  };
  const all = Object.entries(handlers) as [EngineMethod, Handler][];
  return Object.fromEntries(
    all.map(([method, handler]) => [method, guard(method, handler)]),
  ) as unknown as Handlers<EngineContract>;
}

const hourMs = 60 * 60 * 1000;

/** What was written down within the hour, in this engine. */
export class SeenLately {
  readonly #seen = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Whether it was seen lately; if not, it is from now on. */
  lately(what: string): boolean {
    const now = this.#now();
    for (const [old, at] of this.#seen) {
      // In the order in which they were seen.
      if (now - at < hourMs) break;
      this.#seen.delete(old);
    }
    if (this.#seen.has(what)) return true;
    this.#seen.set(what, now);
    return false;
  }
}
