/** Says from an ROI's name what it is: a lesion, an organ (any other region), or nothing to keep. */
import { PrecedentError } from '../contract/errors.ts';

export type RoiKind = 'lesion' | 'organ' | 'ignored';

/**
 * What regions of such names are. `pattern` holds phrases separated by `|`. A phrase fits where its words follow one
 * another anywhere in the name, whatever their case; `*` in a word stands for any letters and digits, a `*` between
 * words for any words or none, `^` before the first word for the beginning of the name.
 */
export interface RoiRule {
  readonly kind: RoiKind;
  readonly pattern: string;
  readonly because?: string;
}

const maxPatternLength = 2000;
const maxNameLength = 1024;

const minusWords = ['minus', 'sub', 'not', 'excl', 'without'];
const targets = ['gtv*', 'ctv*', 'itv*', 'ptv*'];
const startsWithTarget = ['gtv*', 'igtv*'];

/** The first rule that fits decides; where none does, the region is an organ. */
export const builtinRules: readonly RoiRule[] = [
  {
    kind: 'lesion',
    pattern: startsWithTarget.flatMap((target) => minusWords.map((word) => `^${target} * ${word}`)).join('|'),
    because: 'the target itself, with something cut out of it',
  },
  {
    kind: 'ignored',
    pattern: '^ptv*|^ctv*|^itv*',
    because: 'margins around the target: planned, not seen',
  },
  ...minusWords.map(
    (word): RoiRule => ({
      kind: 'organ',
      pattern: targets.map((target) => `${word} * ${target}`).join('|'),
      because: 'an organ with the target cut out of it (TG-263: Lungs-GTV)',
    }),
  ),
  {
    kind: 'ignored',
    pattern:
      'body|external|outer contour|outline|skin|couch|table|tabletop|support|mask frame|headrest|bolus|background',
    because: 'the patient outline and what the patient lies on',
  },
  {
    kind: 'ignored',
    pattern:
      'marker|markers|fiducial|fiducials|isocenter|isocentre|iso|clip|clips|wire|artefact|artefacts|artifact|artifacts',
    because: 'marks and equipment',
  },
  {
    kind: 'ignored',
    pattern: 'ptv|ctv|itv|prv|ring|opt|dose|isodose|avoid|avoidance|dummy|temp|help|hilf|hilfs',
    because: 'planning structures: margins and optimisation aids, not what is seen',
  },
  {
    kind: 'lesion',
    pattern:
      'gtv*|igtv*|tumor|tumors|tumour|tumours|tumoren|lesion|lesions|läsion*|lésion*|nodule|nodules|ggo|ggn',
    because: 'the names under which lesions are drawn',
  },
  {
    kind: 'lesion',
    pattern:
      'mass|masses|met|mets|metas|metasta*|cyst|cysts|abscess|abscesses|polyp|polyps|hcc|fnh|finding|findings',
    because: 'kinds of lesions',
  },
  {
    kind: 'lesion',
    pattern:
      'neoplasm|neoplasms|cancer|malignancy|*carcinoma|*carcinomas|*sarcoma|*sarcomas|lymphoma|lymphomas|melanoma|melanomas|*adenoma|*adenomas|hemangioma*|haemangioma*',
    because: 'diagnoses of lesions',
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

/**
 * What an ROI is by its name, or where the name says nothing, by its RT ROI Interpreted Type; else an organ.
 * @throws PrecedentError `limit` for a rule that is too long
 */
export function roiKind(
  name: string,
  interpretedType?: string,
  rules: readonly RoiRule[] = builtinRules,
): RoiKind {
  return kindByRules(name, rules) ?? interpretedTypes[interpretedType?.trim().toUpperCase() ?? ''] ?? 'organ';
}

/** What the first rule that fits a name says; undefined where none does. Throws as `roiKind`. */
export function kindByRules(name: string, rules: readonly RoiRule[] = builtinRules): RoiKind | undefined {
  const words = wordsOf(name.slice(0, maxNameLength)).split(' ');
  return rules.find((rule) => phrasesOf(rule).some((phrase) => fits(phrase, words, '*', wordFits)))?.kind;
}

/** In lower case; every separator, change of case and border between letters and digits becomes one space. */
function wordsOf(name: string, separator = /[^a-z0-9\u00c0-\uffff]+/g): string {
  return name
    .normalize('NFC')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/([A-Za-z])(\d)/g, '$1 $2')
    .replace(/(\d)([A-Za-z])/g, '$1 $2')
    .toLowerCase()
    .replace(hyphenMinus, '$& minus ')
    .replace(separator, ' ')
    .trim();
}

const known = new WeakMap<RoiRule, readonly (readonly string[])[]>();

/** The phrases of a rule as words, each with "any words" before and after it. */
function phrasesOf(rule: RoiRule): readonly (readonly string[])[] {
  const compiled = known.get(rule);
  if (compiled) return compiled;
  if (rule.pattern.length > maxPatternLength)
    throw new PrecedentError('limit', `a rule for ROI names is longer than ${maxPatternLength} characters`);
  const phrases = rule.pattern.split('|').flatMap((text) => {
    const words = wordsOf(text, /[^a-z0-9*\u00c0-\uffff]+/g);
    const isAnchored = text.trim().startsWith('^');
    return words === '' ? [] : [[...(isAnchored ? [] : ['*']), ...words.split(' '), '*']];
  });
  known.set(rule, phrases);
  return phrases;
}

function wordFits(pattern: string, word: string): boolean {
  return fits([...pattern], [...word], '*', (letter, other) => letter === other);
}

/**
 * Whether a row of things fits a pattern in which `star` stands for any of them or none. Only the last star is ever
 * tried again, so the time is bounded by the product of the lengths.
 */
function fits<T>(pattern: readonly T[], row: readonly T[], star: T, one: (a: T, b: T) => boolean): boolean {
  let [p, r, lastStar, from] = [0, 0, -1, 0];
  while (r < row.length) {
    if (p < pattern.length && pattern[p] === star) {
      lastStar = p++;
      from = r;
    } else if (p < pattern.length && one(pattern[p], row[r])) {
      p++;
      r++;
    } else if (lastStar >= 0) {
      p = lastStar + 1;
      r = ++from;
    } else return false;
  }
  while (p < pattern.length && pattern[p] === star) p++;
  return p === pattern.length;
}
