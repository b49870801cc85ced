/**
 * Who works with the open library, and whether it is locked: one session for all windows. It begins anew with every engine, so
 * that a library whose users have to sign in is locked after a restart.
 */
import type { CatalogAudit } from '../catalog/audit.ts';
import type { CatalogUsers, LocalUser } from '../catalog/users.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Policy } from '../contract/policy.ts';
import type { SessionState } from '../contract/users.ts';
import { byPolicy } from '../policy/libraryRules.ts';
import { hashPin, isPin, waitMs } from './pin.ts';
import { systemUser } from './user.ts';

interface SessionParts {
  readonly users: CatalogUsers;
  readonly audit: Pick<CatalogAudit, 'append'>;
  readonly policy: Policy;
  readonly readSetting: (name: string) => string | undefined;
  readonly writeSetting: (name: string, value: string) => void;
  readonly now?: () => number;
}

const idleSetting = 'idleLockMinutes';

export class Session {
  readonly policy: Policy;
  readonly #parts: SessionParts;
  readonly #now: () => number;
  readonly #listeners = new Set<(state: SessionState) => void>();
  /** Of the library's own users. */
  #user: string | null = null;
  #locked: boolean;
  /** One PIN after the other: those tried at once would all count from the same failures. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.policy = parts.policy;
    this.#now = parts.now ?? Date.now;
    this.#locked = parts.policy.pinRequired || parts.users.list().length > 0;
  }

  get locked(): boolean {
    return this.#locked;
  }

  /** Whom the audit and marks name; empty while a library with users has nobody signed in, as for imports that go on then. */
  get user(): string {
    return this.#user ?? (this.#locked ? '' : systemUser());
  }

  get state(): SessionState {
    return {
      user: this.user || null,
      locked: this.#locked,
      users: this.#parts.users.list().map(({ name, pin }) => ({ name, hasPin: pin !== null })),
      idleLockMinutes: this.#idleMinutes(),
      policy: this.policy,
    };
  }

  /** Who signed in, of the library's own users; null where there are none, and until one did. */
  get signedIn(): string | null {
    return this.#user;
  }

  /** Told of every change; returns the function that stops it. */
  onChange(listener: (state: SessionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves as soon as it is not locked, or when the signal says that nobody waits any more. */
  async unlocked(signal: AbortSignal): Promise<void> {
    if (!this.#locked || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.onChange(({ locked }) => {
      if (!locked) resolve();
    });
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    stop();
  }

  async signIn(name: string, pin: string | undefined): Promise<SessionState> {
    await this.#oneByOne(async () => {
      const user = this.#found(name);
      if (user.pin !== null) await this.#check(user, pin);
      else if (this.policy.pinRequired) this.#parts.users.setPin(name, await hashPin(this.#needed(pin)));
      this.#enter(name);
    });
    return this.#changed();
  }

  lock(why: 'asked' | 'idle'): SessionState {
    if (this.#locked) return this.state;
    if (this.#parts.users.list().length === 0)
      throw new PrecedentError(
        'refused',
        'there is nobody to unlock it again',
        undefined,
        'add a user with a PIN in the settings first',
      );
    this.#locked = true;
    try {
      this.#parts.audit.append([{ action: 'user.out', subject: '', detail: { why } }]);
    } catch {
      // A disk that is full or gone leaves no window open.
    }
    return this.#changed();
  }

  setIdle(minutes: number | null): SessionState {
    this.#parts.writeSetting(idleSetting, String(minutes ?? ''));
    return this.#changed();
  }

  async addUser(name: string, pin: string | undefined): Promise<SessionState> {
    await this.#oneByOne(async () => {
      const { users } = this.#parts;
      const first = users.list().length === 0;
      if (this.#locked && !first) throw lockedError();
      if (this.policy.pinRequired) this.#needed(pin);
      if (!users.add(name, pin === undefined ? null : await hashPin(pin)))
        throw new PrecedentError('refused', 'there is a user of this name', undefined, 'choose another name');
      this.#parts.audit.append([
        { action: 'user.add', subject: '', detail: { name, withPin: pin !== undefined } },
      ]);
      if (!first) return;
      // It is who worked with it until now.
      users.handOver(systemUser(), name);
      this.#enter(name);
    });
    return this.#changed();
  }

  async setPin(pin: string | null, current: string | undefined): Promise<SessionState> {
    await this.#oneByOne(async () => {
      if (this.#user === null)
        throw new PrecedentError('refused', 'the library has no users', undefined, 'add one first');
      const user = this.#found(this.#user);
      if (user.pin !== null) await this.#check(user, current);
      if (pin === null && this.policy.pinRequired) throw byPolicy('nobody works without a PIN');
      this.#parts.users.setPin(user.name, pin === null ? null : await hashPin(pin));
      this.#parts.audit.append([{ action: 'user.pin', subject: '', detail: { withPin: pin !== null } }]);
    });
    return this.#changed();
  }

  async removeUser(name: string): Promise<SessionState> {
    await this.#oneByOne(async () => {
      const { users } = this.#parts;
      this.#found(name);
      if (name === this.#user && users.list().length > 1)
        throw new PrecedentError(
          'refused',
          'you are signed in as this user',
          undefined,
          'sign in as another one first',
        );
      users.remove(name);
      this.#parts.audit.append([{ action: 'user.remove', subject: '', detail: { name } }]);
      if (users.list().length === 0) {
        this.#user = null;
        this.#locked = this.policy.pinRequired;
      }
    });
    return this.#changed();
  }

  /** To be called when the library has other users than before: whoever is none of them has to sign in. */
  usersReplaced(): void {
    const users = this.#parts.users.list();
    if (!users.some(({ name }) => name === this.#user)) {
      this.#user = null;
      this.#locked = this.policy.pinRequired || users.length > 0;
    }
    this.#changed();
  }

  #idleMinutes(): number | null {
    const own = Number(this.#parts.readSetting(idleSetting) || Number.POSITIVE_INFINITY);
    const least = Math.min(own, this.policy.idleLockMinutes ?? Number.POSITIVE_INFINITY);
    return Number.isFinite(least) ? least : null;
  }

  #found(name: string): LocalUser {
    const user = this.#parts.users.find(name);
    if (!user)
      throw new PrecedentError('not-found', 'there is no such user', undefined, 'choose one of the list');
    return user;
  }

  #needed(pin: string | undefined): string {
    if (pin === undefined) throw byPolicy('nobody works without a PIN', 'choose one');
    return pin;
  }

  /** Counts a try before the PIN is looked at: a try that is cut off counts too. */
  async #check({ name, pin: kept, failures, failedAt }: LocalUser, pin: string | undefined): Promise<void> {
    const { users, audit } = this.#parts;
    const now = this.#now();
    const wait = waitMs(failures, failedAt, now);
    if (wait > 0)
      throw new PrecedentError(
        'refused',
        'too many wrong PINs',
        undefined,
        `wait ${Math.ceil(wait / 1000)} s and try again`,
      );
    users.setFailures(name, failures + 1, now);
    if (pin === undefined || kept === null || !(await isPin(pin, kept))) {
      audit.append([{ action: 'user.refused', subject: '', user: name, detail: { failures: failures + 1 } }]);
      throw new PrecedentError('refused', 'the PIN is wrong', undefined, 'type it again');
    }
    users.setFailures(name, 0, 0);
  }

  #enter(name: string): void {
    this.#parts.audit.append([{ action: 'user.in', subject: '', user: name }]);
    this.#user = name;
    this.#locked = false;
  }

  #changed(): SessionState {
    const { state } = this;
    for (const listener of this.#listeners) listener(state);
    return state;
  }

  async #oneByOne(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}

export function lockedError(): PrecedentError {
  return new PrecedentError('refused', 'the library is locked', undefined, 'sign in first');
}
