/** Which labels can be evaluated, and how the values of a numeric one are grouped into classes unless the user says otherwise. */

export interface FieldValues {
  readonly name: string;
  readonly values: readonly { readonly value: string; readonly count: number }[];
}

/** A named range of a numeric label, both ends included; more than one row may have a name. */
export interface ClassRow {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Columns that organise a library rather than describe a lesion. */
const undescriptive: ReadonlySet<string> = new Set(['patient', 'split', 'proof', 'proofDate']);
/** A label of words with more values than this is no set of classes. */
const mostClasses = 40;

/** Labels by which lesions can be alike: at least two values, numbers or few words. */
export function evaluable<T extends FieldValues>(fields: readonly T[]): T[] {
  return fields.filter(
    (field) =>
      !undescriptive.has(field.name) &&
      field.values.length > 1 &&
      (isNumeric(field) || field.values.length <= mostClasses),
  );
}

export function isNumeric({ values }: FieldValues): boolean {
  return values.length > 0 && values.every(({ value }) => /^-?\d+(\.\d+)?$/.test(value.trim()));
}

/** What the ends of a rating are called. */
const names: Readonly<Record<string, readonly [low: string, high: string]>> = {
  malignancy: ['benign', 'malignant'],
};

/**
 * The lower and the upper values as two classes: of a grade with five to ten whole values without the middle, which is
 * neither; of two values each; else cut where the counts are halved. Null for a label of words.
 */
export function proposedClasses(field: FieldValues): ClassRow[] | null {
  if (!isNumeric(field)) return null;
  const counted = field.values
    .map(({ value, count }) => ({ value: Number(value), count }))
    .sort((a, b) => a.value - b.value);
  const values = counted.map(({ value }) => value);
  const [low, high] = names[field.name.toLowerCase()] ?? ['low', 'high'];
  const [least, most] = [values[0], values[values.length - 1]];
  const cut = (below: number, above: number): ClassRow[] => [
    { name: low, from: least, to: below },
    { name: high, from: above, to: most },
  ];
  if (values.every(Number.isInteger) && most - least >= 4 && most - least <= 9) {
    const middle = (least + most) / 2;
    return cut(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  }
  const total = counted.reduce((sum, { count }) => sum + count, 0);
  let below = 0;
  for (const [at, { count }] of counted.entries()) {
    below += count;
    const next = values.at(at + 1);
    if (next !== undefined && (below >= total / 2 || at === values.length - 2)) return cut(values[at], next);
  }
  return cut(least, most);
}

/** As `evaluate.run` takes them. */
export function classesText(rows: readonly ClassRow[]): string {
  return rows.map(({ name, from, to }) => `${name}=${from}-${to}`).join(',');
}

/** What is wrong with the classes, in one sentence, or null. */
export function classesProblem(rows: readonly ClassRow[]): string | null {
  if (new Set(rows.map(({ name }) => name.trim())).size < 2) return 'Name at least two classes.';
  for (const { name, from, to } of rows) {
    if (name.trim() === '') return 'Every class needs a name.';
    if (/[,=]/.test(name)) return `“${name}”: a name holds no comma and no equals sign.`;
    if (from > to) return `“${name}” runs the wrong way.`;
  }
  for (const [at, a] of rows.entries()) {
    const b = rows.slice(at + 1).find((row) => row.name !== a.name && a.from <= row.to && row.from <= a.to);
    if (b) return `“${a.name}” and “${b.name}” overlap.`;
  }
  return null;
}

/** How many lesions are in each class and in none. */
export function classCounts(
  { values }: FieldValues,
  rows: readonly ClassRow[] | null,
): { readonly classes: ReadonlyMap<string, number>; readonly none: number } {
  const classes = new Map<string, number>();
  let none = 0;
  for (const { value, count } of values) {
    const name = rows
      ? rows.find(({ from, to }) => Number(value) >= from && Number(value) <= to)?.name
      : value;
    if (name === undefined) none += count;
    else classes.set(name, (classes.get(name) ?? 0) + count);
  }
  return { classes, none };
}
