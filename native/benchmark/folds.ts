/** The parts that figures are cross-fitted by: what is said of a patient is fitted on the patients of the other parts. */

export const folds = 5;

/** Patients take turns in the order of their names. */
export function foldsOf(patients: Iterable<string>): ReadonlyMap<string, number> {
  return new Map([...new Set(patients)].sort().map((patient, at) => [patient, at % folds]));
}
