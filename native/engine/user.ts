/** Who uses the library: the one place that says it. */
import { userInfo } from 'node:os';

/** The name of the operating system's user, since there is no user management yet. */
export function currentUser(): string {
  return userInfo().username;
}
