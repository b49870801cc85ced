/** Who uses the computer. */
import { userInfo } from 'node:os';

/** The name of the operating system's user: whoever works with a library that has no users of its own. */
export function systemUser(): string {
  return userInfo().username;
}
