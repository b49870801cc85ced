/** Writes an evaluation where the user chose, in the format that the file's ending names. */
import { extname } from 'node:path';
import { evaluationFormats } from '../benchmark/evaluationReport.ts';
import type { Evaluation } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { writeFileAtomic } from '../files/files.ts';

/** Throws `usage` for an ending that names no format, `storage`. */
export async function saveEvaluation(evaluation: Evaluation, target: string): Promise<{ bytes: number }> {
  const ending = extname(target).toLowerCase();
  if (!Object.hasOwn(evaluationFormats, ending)) {
    const known = Object.keys(evaluationFormats).join(', ');
    throw new PrecedentError(
      'usage',
      `an evaluation cannot be written as "${ending}"`,
      undefined,
      `choose a name that ends in one of: ${known}`,
    );
  }
  const bytes = Buffer.from(evaluationFormats[ending](evaluation));
  await writeFileAtomic(target, bytes);
  return { bytes: bytes.length };
}
