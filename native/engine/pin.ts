/** PINs as they are kept: only what scrypt (RFC 7914) makes of them, each with a salt of its own. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
);

/** 32 MiB and some tens of milliseconds for each try. */
const cost = { N: 2 ** 15, r: 8, p: 1 };
const keyBytes = 32;
/** Wrong PINs before there is a wait; it begins with the first number of seconds, doubles, and ends at the second. */
const freeTries = 3;
const [firstWaitS, longestWaitS] = [5, 15 * 60];

/** Of the PIN in Unicode's NFKC: the same whatever keyboard it is typed on. */
function derived(pin: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> {
  return derive(pin.normalize('NFKC'), salt, keyBytes, { N, r, p, maxmem: 256 * N * r });
}

/** `scrypt N r p SALT KEY`, the last two in base64. */
export async function hashPin(pin: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derived(pin, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), key.toString('base64')].join(' ');
}

export async function isPin(pin: string, kept: string): Promise<boolean> {
  const [kind, n, r, p, salt, key] = kept.split(' ');
  if (kind !== 'scrypt' || salt === undefined || key === undefined) return false;
  const expected = Buffer.from(key, 'base64');
  const made = await derived(pin, Buffer.from(salt, 'base64'), { N: Number(n), r: Number(r), p: Number(p) });
  return made.length === expected.length && timingSafeEqual(made, expected);
}

/** How long there is to wait after so many wrong PINs in a row, the last of them at `failedAt`, in ms. */
export function waitMs(failures: number, failedAt: number, now: number): number {
  if (failures < freeTries) return 0;
  const wait = 1000 * Math.min(longestWaitS, firstWaitS * 2 ** Math.min(30, failures - freeTries));
  // A clock that was set back makes nobody wait longer than once, and one set forward cannot be told from time.
  return Math.max(0, Math.min(wait, failedAt + wait - now));
}
