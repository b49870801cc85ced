/** The contrast phase of a series, from what its description says: DICOM has no attribute for it in CT. */

type ContrastPhase = 'native' | 'arterial' | 'portal venous' | 'delayed' | 'enhanced';

/** Words of descriptions → phase, in this order: "without contrast" also says "contrast". */
const words: readonly (readonly [RegExp, ContrastPhase])[] = [
  [
    /\b(native|nativ|plain|unenhanced|non[- ]?(contrast|enhanced|con)|without|w\/?o|ohne km|nc(ct)?|phase none)\b/i,
    'native',
  ],
  [/\b(delay(ed)?|late|equilibrium|excretory|urographic|sp[aä]t|\d+ ?min)\b/i, 'delayed'],
  [/\b(portal|pv|pvp|venous|ven|ven[oö]s|portoven\w*|nephrographic)\b/i, 'portal venous'],
  [/\b(art|arterial|arteriell|angio|cta|corticomedullary|pancreatic)\b/i, 'arterial'],
  [/\b(enhanced|contrast|with|c\+|ce|post)\b/i, 'enhanced'],
];

/** Undefined where neither the description nor the contrast agent says anything. */
export function contrastPhase(
  description: string | undefined,
  agent: string | undefined,
): ContrastPhase | undefined {
  const text = description?.replaceAll('_', ' ');
  const found = text === undefined ? undefined : words.find(([pattern]) => pattern.test(text));
  return found?.[1] ?? (agent ? 'enhanced' : undefined);
}
