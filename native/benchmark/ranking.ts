/** The rankings that an evaluation is fed with: what a search by a method would show, down to the last hit. */
import type { GalleryRow } from '../retrieval/gallery.ts';
import type { Method } from '../retrieval/methods.ts';
import { rank } from '../retrieval/rank/rank.ts';
import { type Probe, Scope, type Sources } from '../retrieval/scope.ts';
import type { Ranking } from './evaluate.ts';

/** The scopes of an evaluation's queries, which all of its methods share. */
export class QueryScopes {
  readonly rows: readonly GalleryRow[];
  readonly #sources: Sources;
  readonly #known = new WeakMap<Int32Array, Scope>();

  /** @param rows `rows[i]` is case i */
  constructor(sources: Sources, rows: readonly GalleryRow[]) {
    this.#sources = sources;
    this.rows = rows;
  }

  of(gallery: Int32Array): Scope {
    const known = this.#known.get(gallery);
    if (known) return known;
    const scope = new Scope(
      this.#sources,
      Array.from(gallery, (i) => this.rows[i]),
    );
    this.#known.set(gallery, scope);
    return scope;
  }
}

/** A case that a method has found. */
export interface FoundCase {
  readonly at: number;
  readonly score: number;
}

/**
 * Ranks by a method; what the method does not find is left out. `probe` gives what is searched for of a case.
 * @param onFound told what was found for each query, the best first
 */
export function methodRanking(
  method: Method,
  scopes: QueryScopes,
  probe: (query: number) => Probe,
  onFound: (query: number, found: readonly FoundCase[]) => void = () => {},
): Ranking {
  const caseOf = new Map(scopes.rows.map(({ lesion }, i) => [lesion, i]));
  return (query, gallery) => {
    const found = rank(method, scopes.of(gallery), probe(query), gallery.length).flatMap(({ id, score }) => {
      const at = caseOf.get(id);
      return at === undefined ? [] : [{ at, score }];
    });
    onFound(query, found);
    return found.map(({ at }) => at);
  };
}
