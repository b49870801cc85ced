/** Errors that cross a process: plain data with a kind, thrown again as the same typed error on the other side. */
import { z } from 'zod';
import { systemError } from './systemErrors.ts';

export const errorKinds = [
  'usage', // the caller asked for something that cannot be: wrong argument, unknown id or field
  'not-found', // the thing asked for does not exist (any more)
  'unreadable', // an input file cannot be read
  'unsupported', // a well-formed input of a kind Precedent does not handle
  'limit', // a bound on size, time or memory was reached
  'busy', // the library is in use or a conflicting job runs
  'storage', // disk full, permission, I/O
  'corrupt', // stored data failed its check
  'interrupted', // the process that worked on it died
  'cancelled', // the caller withdrew the request
  'refused', // policy forbids it
  'internal', // a fault of ours
] as const;

export const errorSchema = z.object({
  kind: z.enum(errorKinds),
  what: z.string(),
  where: z.string().optional(),
  todo: z.string().optional(),
});
export type ErrorData = z.infer<typeof errorSchema>;
export type ErrorKind = ErrorData['kind'];

/** One line: what happened, where, what to do. None of the three may identify a patient. */
export class PrecedentError extends Error {
  readonly kind: ErrorKind;
  readonly what: string;
  readonly where: string | undefined;
  readonly todo: string | undefined;

  constructor(kind: ErrorKind, what: string, where?: string, todo?: string) {
    super([where ? `${where}: ${what}` : what, todo].filter(Boolean).join('; '));
    this.name = 'PrecedentError';
    this.kind = kind;
    this.what = what;
    this.where = where;
    this.todo = todo;
  }

  toData(): ErrorData {
    return { kind: this.kind, what: this.what, where: this.where, todo: this.todo };
  }

  static fromData(data: ErrorData): PrecedentError {
    return new PrecedentError(data.kind, data.what, data.where, data.todo);
  }

  /** Any thrown value as a typed error; unknown ones keep their message and become `internal`. */
  static from(thrown: unknown): PrecedentError {
    if (thrown instanceof PrecedentError) return thrown;
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    const known = systemError(code);
    if (known) return new PrecedentError(known.kind, known.what, known.where, known.todo);
    // The message of a failed system call holds a path, and a path may name a patient.
    const system =
      thrown instanceof Error && 'syscall' in thrown ? `${String(thrown.syscall)} failed (${code})` : null;
    const message = system ?? (thrown instanceof Error ? thrown.message : String(thrown));
    return new PrecedentError('internal', message);
  }
}
