/** The recovery key: 160 random bits that are printed once, in letters and digits that are not taken for each other. */
import { randomBytes } from 'node:crypto';

/** Crockford's base 32. */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const keyBytes = 20;
const groupLength = 4;
/** How others are read. */
const readAs: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };

/** Eight groups of four characters. */
export function newRecoveryKey(): string {
  const bits = [...randomBytes(keyBytes)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const text = (bits.match(/.{5}/g) ?? []).map((five) => letters[Number.parseInt(five, 2)]).join('');
  return (text.match(new RegExp(`.{${groupLength}}`, 'g')) ?? []).join('-');
}

/** The bits of a recovery key as it was typed; null for what is none. */
export function recoveryBytes(text: string): Buffer | null {
  const typed = text
    .toUpperCase()
    .replace(/[\s-]/g, '')
    .replace(/[OIL]/g, (letter) => readAs[letter]);
  if (typed.length !== (keyBytes * 8) / 5 || [...typed].some((letter) => !letters.includes(letter)))
    return null;
  const bits = [...typed].map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}
