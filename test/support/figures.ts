/** The numbers that the security tests measured, for `npm run test:security` to print. */
import { appendFileSync } from 'node:fs';

/** Notes a number under its name, where PRECEDENT_FIGURES names a file for that. */
export function figure(name: string, value: number | string): void {
  const path = process.env.PRECEDENT_FIGURES;
  if (path) appendFileSync(path, `${JSON.stringify([name, value])}\n`);
}
