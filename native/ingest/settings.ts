/** What a library keeps for its imports: its own ROI-name rules, and the secret of its pseudonyms. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type RoiRule, roiRule } from '../contract/reader.ts';
import type { Library } from '../engine/library.ts';

const rulesSetting = 'roiRules';
const secretSetting = 'deidentificationSecret';
const secretBytes = 32;

/** The rules of this library; they come before the built-in ones. */
export function importRules({ reads }: Pick<Library, 'reads'>): RoiRule[] {
  return z.array(roiRule).parse(JSON.parse(reads.setting(rulesSetting) ?? '[]'));
}

export function setImportRules({ writes }: Pick<Library, 'writes'>, rules: readonly RoiRule[]): void {
  writes.setSetting(rulesSetting, JSON.stringify(rules));
}

/** The same for as long as the library lives, so that a patient imported later keeps the pseudonym. */
export function deidentificationSecret({ reads, writes }: Pick<Library, 'reads' | 'writes'>): Uint8Array {
  const known = reads.setting(secretSetting);
  if (known !== undefined) return Buffer.from(known, 'base64');
  const secret = randomBytes(secretBytes);
  writes.setSetting(secretSetting, secret.toString('base64'));
  return secret;
}
