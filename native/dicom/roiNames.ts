/** Says from an ROI's name what it is: a lesion, an organ (any other region), or nothing to keep. */

export type RoiKind = 'lesion' | 'organ' | 'ignored';

interface Rule {
  readonly kind: RoiKind;
  readonly pattern: RegExp;
  readonly because: string;
}

/**
 * The first rule that matches decides; no match is an organ. Patterns see the name in lower case with every separator,
 * change of case and border between letters and digits turned into one space, so that `\b` bounds words.
 */
const rules: readonly Rule[] = [
  {
    kind: 'organ',
    pattern: /^(?![gcip]tv).* (minus|sub|not|excl|without) .*\b[gcip]tv/,
    because: 'an organ with the target cut out of it (TG-263: Lungs-GTV)',
  },
  {
    kind: 'ignored',
    pattern:
      /\b(body|external|outer contour|outline|skin|couch|table|tabletop|support|mask frame|headrest|marker|markers|fiducials?|isocent(er|re)|iso|clips?|wire|bolus|artefacts?|artifacts?)\b/,
    because: 'the patient outline, equipment and marks',
  },
  {
    kind: 'ignored',
    pattern: /\b(ptv|ctv|itv|prv|ring|opt|dose|isodose|avoid|avoidance|dummy|temp|help|hilfs?)\b/,
    because: 'planning structures: margins and optimisation aids, not what is seen',
  },
  {
    kind: 'lesion',
    pattern:
      /\b(gtv[a-z]*|igtv[a-z]*|tumou?rs?|lesions?|nodules?|mass|masses|mets?|metas|metasta(sis|ses|tic)|cysts?|neoplasms?|cancer|malignancy|carcinomas?|sarcomas?|lymphomas?|melanomas?|adenomas?|h(a)?emangiomas?|hcc|fnh|abscess(es)?|polyps?|ggo|ggn|finding|findings|target lesions?|roi lesions?)\b/,
    because: 'the names under which lesions are drawn',
  },
];

/** TG-263 writes "minus" as a hyphen; before a target only after an organ, for many call a target Tumour-GTV. */
const hyphenMinus =
  /^(lungs?|liver|brain|kidneys?|heart|bowel|body|parotids?|pancreas|breasts?)([ _](l|r|left|right|both|total))? ?-(?= ?[gcip]tv)/;

/** RT ROI Interpreted Type (3006,00A4) → kind, where the name matches no rule (PS3.3 section C.8.8.8.1). */
const interpretedTypes: Readonly<Record<string, RoiKind>> = {
  GTV: 'lesion',
  EXTERNAL: 'ignored',
  SUPPORT: 'ignored',
  FIXATION: 'ignored',
  BOLUS: 'ignored',
  MARKER: 'ignored',
  REGISTRATION: 'ignored',
  ISOCENTER: 'ignored',
  DOSE_REGION: 'ignored',
  CONTROL: 'ignored',
  PTV: 'ignored',
  CTV: 'ignored',
  TREATED_VOLUME: 'ignored',
  IRRAD_VOLUME: 'ignored',
};

/** What an ROI is by its name, or where the name says nothing, by its RT ROI Interpreted Type. */
export function roiKind(name: string, interpretedType?: string): RoiKind {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/([A-Za-z])(\d)/g, '$1 $2')
    .replace(/(\d)([A-Za-z])/g, '$1 $2')
    .toLowerCase()
    .replace(hyphenMinus, '$& minus ')
    .replace(/[^a-z0-9\u00c0-\uffff]+/g, ' ')
    .trim();
  const rule = rules.find(({ pattern }) => pattern.test(words));
  return rule?.kind ?? interpretedTypes[interpretedType?.trim().toUpperCase() ?? ''] ?? 'organ';
}
