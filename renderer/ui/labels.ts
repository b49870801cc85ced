/** Which labels say most about a lesion: the order in which narrow places show them, and what is counted first. */

/** Named first, in this order; `split` and what describes the patient rather than the lesion come last. */
const first: readonly string[] = [
  'diagnosis',
  'kind',
  'malignancy',
  'malignant',
  'pathology',
  'grade',
  'stage',
];
const last: readonly string[] = ['organ', 'sex', 'age', 'split'];

function weight(name: string): number {
  const known = name.toLowerCase();
  if (first.includes(known)) return first.indexOf(known);
  return first.length + 1 + last.indexOf(known);
}

/** Label names, the telling ones first; those without a rank of their own keep their order. */
export function byImportance(names: readonly string[]): readonly string[] {
  return [...names].sort((a, b) => weight(a) - weight(b));
}

/** A lesion's labels, the telling ones first, without a diagnosis that is shown with its proof already. */
export function labelsToShow(
  labels: Readonly<Record<string, string>>,
  shownDiagnosis: string | undefined,
): readonly (readonly [string, string])[] {
  return byImportance(Object.keys(labels))
    .filter((name) => name !== 'diagnosis' || labels[name] !== shownDiagnosis)
    .map((name) => [name, labels[name]] as const);
}

/** The label to count the hits by before another is chosen: the most telling one that any hit carries. */
export function fieldToCount(
  distributions: readonly {
    readonly field: string;
    readonly values: readonly { readonly hits: number }[];
  }[],
): string | null {
  const names = byImportance(distributions.map(({ field }) => field));
  const carried = new Set(
    distributions.filter(({ values }) => values.some(({ hits }) => hits > 0)).map(({ field }) => field),
  );
  return names.find((name) => carried.has(name)) ?? names[0] ?? null;
}
