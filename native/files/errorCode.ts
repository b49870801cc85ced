/** What a failed system call says of itself. */

/** The code of a failed system call (errno.h), also through the error that tells of it; else an empty text. */
export function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  return 'code' in thrown ? String(thrown.code) : codeOf(thrown.cause);
}
