/** Labels and diagnoses of many lesions changed in one transaction, each with what it was before, so that it can be brought back exactly. */
import type { ChangeRow } from '../contract/library.ts';
import type { Diagnosis } from '../contract/model.ts';
import type { CatalogChanges, ChangedThing } from './changes.ts';
import type { Database } from './database.ts';
import type { CatalogWrites } from './writes.ts';

type Row = Readonly<Record<string, unknown>>;

/** What is said of a lesion by hand. */
export interface Said {
  readonly labels: Readonly<Record<string, string>>;
  readonly diagnosis: Diagnosis | undefined;
}
/** The part of it that a change touched; null where there was or is nothing. */
interface Part {
  readonly labels: Readonly<Record<string, string | null>>;
  readonly diagnosis?: Diagnosis | null;
}
export const editAction = 'edit';

export function catalogEdits(db: Database, writes: CatalogWrites, changes: CatalogChanges) {
  const lesionId = db.prepare('SELECT id FROM lesion WHERE uid = ?').pluck();
  const labelsOf = db.prepare('SELECT name, value FROM label WHERE lesion = ? ORDER BY name');
  const diagnosisOf = db.prepare(
    'SELECT diagnosis, code, proof, proofDate, source, author FROM diagnosis WHERE lesion = ?',
  );

  /** Undefined where there is no such lesion. */
  function said(uid: string): Said | undefined {
    const id = lesionId.get(uid);
    if (id === undefined) return undefined;
    const labels = labelsOf.all(id) as { name: string; value: string }[];
    const diagnosis = diagnosisOf.get(id) as Row | undefined;
    return {
      labels: Object.fromEntries(labels.map(({ name, value }) => [name, value])),
      diagnosis:
        diagnosis &&
        (Object.fromEntries(
          Object.entries(diagnosis).filter(([, value]) => value !== null),
        ) as unknown as Diagnosis),
    };
  }

  function set(uid: string, { labels, diagnosis }: Part): void {
    for (const [name, value] of Object.entries(labels)) writes.setLabel(uid, name, value);
    if (diagnosis !== undefined) writes.setDiagnosis(uid, diagnosis);
  }

  return {
    said,
    /** Inside of the transaction of a change that writes down itself what was before. */
    set,

    /**
     * Says of each lesion what `next` makes of what is said of it. Lesions that are gone, or of which the same is said
     * already, are passed over.
     */
    apply: db.transaction(
      (
        user: string,
        what: string,
        lesions: Iterable<string>,
        next: (said: Said) => Said,
      ): ChangeRow | undefined => {
        const changed: ChangedThing[] = [];
        for (const uid of lesions) {
          const before = said(uid);
          if (!before) continue;
          const parts = difference(before, next(before));
          if (!parts) continue;
          set(uid, parts.after);
          changed.push({ action: editAction, subject: uid, ...parts });
        }
        return changes.record(user, what, changed);
      },
    ),

    /**
     * Takes one edit back, inside of the transaction of its change. Undefined where the lesion is gone, or something else is
     * said of it by now; else what was done, which can be taken back in turn.
     */
    takeBack: (thing: ChangedThing): ChangedThing | undefined => {
      const [before, after] = [thing.before as Part, thing.after as Part];
      const now = said(thing.subject);
      if (!now || !holds(now, after)) return undefined;
      set(thing.subject, before);
      return { ...thing, before: after, after: before };
    },
  };
}
export type CatalogEdits = ReturnType<typeof catalogEdits>;

function difference(before: Said, after: Said): { before: Part; after: Part } | undefined {
  const names = new Set([...Object.keys(before.labels), ...Object.keys(after.labels)]);
  const touched = [...names].filter((name) => before.labels[name] !== after.labels[name]);
  const labelsOf = ({ labels }: Said) =>
    Object.fromEntries(touched.map((name) => [name, labels[name] ?? null]));
  const same = sameDiagnosis(before.diagnosis, after.diagnosis);
  if (touched.length === 0 && same) return undefined;
  const part = (one: Said): Part => ({
    labels: labelsOf(one),
    ...(same ? {} : { diagnosis: one.diagnosis ?? null }),
  });
  return { before: part(before), after: part(after) };
}

function holds({ labels, diagnosis }: Said, part: Part): boolean {
  return (
    Object.entries(part.labels).every(([name, value]) => (labels[name] ?? null) === value) &&
    (part.diagnosis === undefined || sameDiagnosis(diagnosis, part.diagnosis ?? undefined))
  );
}

const diagnosisParts = ['diagnosis', 'code', 'proof', 'proofDate', 'source', 'author'] as const;

function sameDiagnosis(a: Diagnosis | undefined, b: Diagnosis | undefined): boolean {
  return diagnosisParts.every((name) => a?.[name] === b?.[name]);
}
