/** Labels and diagnoses of lesions set or taken away by a user, and changes brought back. */
import type { Said } from '../catalog/edits.ts';
import type { Changed, LabelChange } from '../contract/library.ts';
import { changedDiagnosis } from '../ingest/labels.ts';
import type { Library } from './library.ts';

/** Makes the changes, in their order, to every lesion. Throws `unreadable` for a proof that there is not. */
export function editLesions(
  library: Library,
  lesions: readonly string[],
  changes: readonly LabelChange[],
): Changed {
  const what = changes
    .map(({ name, value }) => (value === null ? `${name} removed` : `${name} = ${value}`))
    .join(', ');
  const next = (said: Said) => changes.reduce(after, said);
  const change = library.edits.apply(library.session.user, what, new Set(lesions), next);
  if (change) library.edited(lesions);
  return { change, left: 0 };
}

function after(said: Said, { name, value }: LabelChange): Said {
  const diagnosis = changedDiagnosis(said.diagnosis, name, value);
  if (diagnosis !== undefined) return { ...said, diagnosis: diagnosis ?? undefined };
  const { [name]: _, ...others } = said.labels;
  return { ...said, labels: value === null ? others : { ...others, [name]: value } };
}
