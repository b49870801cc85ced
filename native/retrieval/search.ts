/** A search: a ranking → hits of other patients, and how often each label value occurs among them. */
import { PrecedentError } from '../contract/errors.ts';
import type { Distribution } from '../contract/model.ts';
import {
  type Condition,
  fieldNames,
  fieldValue,
  type Gallery,
  type GalleryRow,
  isProven,
  namedConditions,
  passing,
} from './gallery.ts';
import type { Scored } from './scored.ts';
import { wilson } from './wilson.ts';

export interface SearchRequest {
  /** The identity keys of the query's patients, where they are known. */
  readonly patients?: ReadonlySet<string> | undefined;
  readonly top: number;
  readonly where?: readonly Condition[];
  readonly includeSamePatient?: boolean;
  readonly hitsPerPatient?: number;
  /** Whether a method has something of a lesion to compare; every lesion where it is not given. */
  readonly findable?: (row: GalleryRow) => boolean;
}

/** The lesions that pass, the best `k` or more of them first, or as many as a method finds. */
type RankRows = (rows: readonly GalleryRow[], k: number) => readonly Scored[];

export interface RankedHit {
  readonly rank: number;
  readonly score: number;
  readonly row: GalleryRow;
}

interface SearchOutcome {
  readonly hits: readonly RankedHit[];
  /** How many lesions were ranked, after the query's patients and the filters were taken out. */
  readonly searched: number;
  readonly distributions: readonly Distribution[];
  /** Lesions whose diagnosis is not proven and which the diagnosis filter or distribution therefore left out. */
  readonly unproven: number;
}

/** A field with more values than this says nothing as a distribution; of the diagnoses the most frequent are kept. */
const mostValues = 12;

/** Columns that organise a library rather than describe a lesion. */
const undescriptive: ReadonlySet<string> = new Set(['patient', 'split', 'proofDate']);

/**
 * The hits among the lesions of a gallery that are findable: the query's patients excluded, at most
 * `hitsPerPatient` hits (default 1, the best) of a patient, every condition of `where` met. A filter by diagnosis
 * accepts proven ones only, unless `where` names the proof or asks for lesions without a diagnosis.
 * @throws PrecedentError `usage` for an unknown field or a count that is not a whole number above 0.
 */
export function searchGallery(gallery: Gallery, request: SearchRequest, rank: RankRows): SearchOutcome {
  const { hitsPerPatient = 1, top, findable } = request;
  for (const [name, count] of Object.entries({ top, hitsPerPatient })) {
    if (!Number.isInteger(count) || count < 1) {
      throw new PrecedentError('usage', `${name} must be a whole number above 0`);
    }
  }
  const where = namedConditions(gallery, request.where ?? []);
  const anyProof = where.some(({ field }) => field === 'proof' || field === 'proven');
  const provenOnly = !anyProof && where.some(({ field, value }) => field === 'diagnosis' && value !== '');
  const excluded = request.includeSamePatient ? undefined : request.patients;

  const searched: GalleryRow[] = [];
  let filteredUnproven = 0;
  for (const row of passing(gallery, where)) {
    if (excluded?.has(row.patient) || (findable && !findable(row))) continue;
    if (provenOnly && !isProven(row)) filteredUnproven++;
    else searched.push(row);
  }

  const hits = firstHits(gallery, searched, rank, top, hitsPerPatient);
  const counted = distributions(
    hits.map(({ row }) => row),
    searched,
    anyProof,
  );
  return { hits, searched: searched.length, ...counted, unproven: filteredUnproven + counted.unproven };
}

function firstHits(
  gallery: Gallery,
  searched: readonly GalleryRow[],
  rank: RankRows,
  top: number,
  hitsPerPatient: number,
): RankedHit[] {
  // A patient with many lesions can fill the front: ask for more until enough patients are among them.
  for (let wanted = top; ; wanted *= 4) {
    const hits: RankedHit[] = [];
    const taken = new Map<string, number>();
    const found = searched.length === 0 ? [] : rank(searched, wanted);
    for (const { id, score } of found) {
      const row = gallery.get(id);
      if (!row || hits.length === top) continue;
      const count = taken.get(row.patient) ?? 0;
      if (count === hitsPerPatient) continue;
      taken.set(row.patient, count + 1);
      hits.push({ rank: hits.length + 1, score, row });
    }
    if (hits.length === top || wanted >= searched.length || found.length < wanted) return hits;
  }
}

/**
 * How many hits, beside how many searched lesions, carry each value of a field with at most twelve values, most frequent
 * first, with the interval of its share among the hits that carry the field; of the diagnoses always the twelve most frequent. They count where they are proven, unless `anyProof`; `unproven` says how many lesions that left out.
 */
export function distributions(
  hits: readonly GalleryRow[],
  searched: readonly GalleryRow[],
  anyProof = false,
): { distributions: Distribution[]; unproven: number } {
  const result: Distribution[] = [];
  let unproven = 0;
  for (const field of fieldNames(searched)) {
    if (undescriptive.has(field)) continue;
    let leftOut = 0;
    const counts = new Map<string, { value: string; hits: number; library: number }>();
    const count = (rows: readonly GalleryRow[], what: 'hits' | 'library') => {
      for (const row of rows) {
        const value = fieldValue(row, field);
        if (value === undefined || value === '') continue;
        if (field === 'diagnosis' && !anyProof && !isProven(row)) {
          if (what === 'library') leftOut++;
          continue;
        }
        const entry = counts.get(value) ?? { value, hits: 0, library: 0 };
        entry[what]++;
        counts.set(value, entry);
      }
    };
    count(searched, 'library');
    count(hits, 'hits');
    if (counts.size > mostValues && field !== 'diagnosis') continue;
    unproven += leftOut;
    if (counts.size === 0) continue;
    const values = [...counts.values()].sort(
      (a, b) => b.hits - a.hits || b.library - a.library || (a.value < b.value ? -1 : 1),
    );
    const carrying = values.reduce((sum, value) => sum + value.hits, 0);
    const bounded = values.map((value) => ({ ...value, ...wilson(value.hits, carrying) }));
    result.push({ field, values: bounded.slice(0, mostValues) });
  }
  return { distributions: result, unproven };
}
