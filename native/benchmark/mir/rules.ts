/** Checks the published rules against published labels: does count and size alone give the flag and the group of every case? */
import type { MirTable } from './data.ts';
import { type MirOrgan, mirLesionGroup } from './labels.ts';

interface RuleException {
  readonly organ: MirOrgan;
  readonly name: string;
  readonly numberTumors: number;
  readonly maxTumorSizeCm: number;
  readonly flag: { readonly published: number; readonly rule: number };
  readonly group: { readonly published: number; readonly rule: number };
}

/** One organ's cases: with a tumour, those of them that no line of the rule names, and those the rule labels otherwise. */
export interface RuleCheck {
  readonly organ: MirOrgan;
  readonly cases: number;
  readonly withTumour: number;
  /** On a boundary that the rule leaves out, such as one liver tumour of exactly 2 cm. */
  readonly undecided: number;
  readonly exceptions: readonly RuleException[];
}

export function checkRules({ organ, cases }: MirTable): RuleCheck {
  const exceptions: RuleException[] = [];
  let [withTumour, undecided] = [0, 0];
  for (const { name, labels } of cases) {
    const { numberTumors, maxTumorSizeCm } = labels;
    const group = {
      published: labels.lesionGroup,
      rule: mirLesionGroup(organ, numberTumors, maxTumorSizeCm),
    };
    const flag = { published: labels.cancerFlag, rule: numberTumors > 0 ? 1 : 0 };
    if (numberTumors > 0) withTumour++;
    const decided = numberTumors === 0 || group.rule !== -1;
    if (!decided) undecided++;
    if (flag.published !== flag.rule || (decided && group.published !== group.rule))
      exceptions.push({ organ, name, numberTumors, maxTumorSizeCm, flag, group });
  }
  return { organ, cases: cases.length, withTumour, undecided, exceptions };
}
