/** Reads the splits that 3D-MIR publishes: tables whose last column, `training` or `testing`, names the files of one part. */

export type MirSplit = 'train' | 'test';
const parts: Readonly<Record<string, MirSplit>> = { training: 'train', testing: 'test' };

/** The part that a table with this header lists, or undefined for any other table; a column of numbers may go before. */
export function mirSplitOf(header: readonly string[]): MirSplit | undefined {
  const [name, before] = header.toReversed();
  const other = before !== undefined && before !== '';
  return header.length > 2 || other || !Object.hasOwn(parts, name) ? undefined : parts[name];
}

/** A NIfTI file's name without its extension: what the case is called in a library. */
export function caseOfFile(name: string): string {
  return name.replace(/\.nii(\.gz)?$/i, '');
}

/**
 * Case → part, of one table (`Data_Splits/ORGAN_full_train_split.csv`). A case is in the train part of one organ and in
 * the test part of another; splits of several organs cannot be one map.
 */
export function readMirSplits(csv: string): Map<string, MirSplit> {
  const [header = '', ...lines] = csv.replace(/^\uFEFF/, '').split(/\r?\n/);
  const split = mirSplitOf(header.split(',').map((cell) => cell.trim()));
  const cases = new Map<string, MirSplit>();
  if (split === undefined) return cases;
  for (const line of lines) {
    const name = line.split(',').at(-1)?.trim();
    if (name) cases.set(caseOfFile(name), split);
  }
  return cases;
}
