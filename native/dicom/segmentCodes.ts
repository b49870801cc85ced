/** Says from the codes of a segment's category and type whether it is a lesion or an organ (PS3.16 CID 7150, 7159). */

export interface SegmentCode {
  /** Coding Scheme Designator (0008,0102). */
  readonly scheme: string;
  /** Code Value (0008,0100). */
  readonly value: string;
}

/** SNOMED CT concept, its code in the older SNOMED RT, what it means. */
const lesionCodes = [
  ['49755003', 'M-01000', 'morphologically abnormal structure'],
  ['4147007', 'M-03000', 'mass'],
  ['118538004', 'G-D701', 'mass'],
  ['27925004', 'M-03010', 'nodule'],
  ['52988006', 'M-01100', 'lesion'],
  ['367643001', 'M-3340A', 'cyst'],
  ['44132006', 'M-41610', 'abscess'],
  ['108369006', 'M-8FFFF', 'neoplasm'],
  ['86049000', 'M-80003', 'neoplasm, primary'],
  ['14799000', 'M-80006', 'neoplasm, secondary'],
] as const;
/** Not "tissue": annotation tools write that where nobody chose a category. */
const organCodes = [
  ['123037004', 'T-D000A', 'anatomical structure'],
  ['91723000', 'T-D0005', 'anatomical structure'],
] as const;

const lesions = codeSet(lesionCodes);
const organs = codeSet(organCodes);

/** What the codes of Segmented Property Category and Type say; undefined where they say nothing. A lesion's code wins. */
export function kindByCodes(codes: readonly SegmentCode[]): 'lesion' | 'organ' | undefined {
  const keys = codes.map(({ scheme, value }) => `${scheme.toUpperCase()} ${value}`);
  if (keys.some((key) => lesions.has(key))) return 'lesion';
  return keys.some((key) => organs.has(key)) ? 'organ' : undefined;
}

/** SNOMED RT goes by SRT, SNM3 or 99SDM in older objects. */
function codeSet(
  rows: readonly (readonly [sct: string, srt: string, meaning: string])[],
): ReadonlySet<string> {
  return new Set(rows.flatMap(([sct, srt]) => [`SCT ${sct}`, `SRT ${srt}`, `SNM3 ${srt}`, `99SDM ${srt}`]));
}
