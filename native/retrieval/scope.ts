/** What one ranking may see: the lesions that pass, the vectors at each need, the words, and the query itself. */
import { PrecedentError } from '../contract/errors.ts';
import { levels } from '../contract/levels.ts';
import type { GalleryRow } from './gallery.ts';
import { type LevelIndex, ScopedIndex } from './levelIndex.ts';
import { type Method, methodNamed, type Need, needsOf } from './methods.ts';
import type { Part } from './part.ts';
import type { Scored } from './scored.ts';

/** Where a need's vectors lie. */
interface NeedSource {
  readonly index: LevelIndex;
  readonly part?: Part | undefined;
}

/** What is searched in: the same for every query of an evaluation. */
export interface Sources {
  /** By `needName`; a need that the library has no vectors for is missing. */
  readonly needs: ReadonlyMap<string, NeedSource>;
  /** Lesions by how well their captions, labels, diagnoses and reports fit words, the best first. */
  readonly words: (text: string) => readonly Scored[];
}

/** What is searched for, as far as the methods that are asked need it. */
export interface Probe {
  /** By `needName`: one vector of the query, or one for each of its slices. */
  readonly vectors: ReadonlyMap<string, readonly Float32Array[]>;
  readonly words?: string | undefined;
  /** The weights of the methods that a weighted fusion joins, by their names; 1 where none is given. */
  readonly weights?: ReadonlyMap<string, number> | undefined;
}

export function needName({ level, pooling, part, byText }: Need): string {
  return [level, pooling ?? '', part ?? '', byText ? 'text' : ''].join('.');
}

/** Whether all vectors that a method searches are there; of a fusion, those of one of its methods are enough. */
export function runnable(method: Method, { needs }: Pick<Sources, 'needs'>): boolean {
  if (method.how === 'fusion') return method.of.some((name) => runnable(methodNamed(name), { needs }));
  return needsOf(method).every((need) => needs.has(needName(need)));
}

export class Scope {
  readonly sources: Sources;
  readonly rows: readonly GalleryRow[];
  readonly #indexes = new Map<string, ScopedIndex>();
  #lesions: ReadonlySet<string> | undefined;
  #volumes: ReadonlyMap<string, readonly GalleryRow[]> | undefined;

  /** @param rows the lesions that may be found */
  constructor(sources: Sources, rows: readonly GalleryRow[]) {
    this.sources = sources;
    this.rows = rows;
  }

  get lesions(): ReadonlySet<string> {
    this.#lesions ??= new Set(this.rows.map(({ lesion }) => lesion));
    return this.#lesions;
  }

  /** Throws `internal` for a need without vectors: ask `sources` before. */
  index(need: Need): ScopedIndex {
    const name = needName(need);
    const known = this.#indexes.get(name);
    if (known) return known;
    const source = this.sources.needs.get(name);
    if (!source) throw new PrecedentError('internal', `a method was run without vectors for ${name}`);
    const owners = levels[need.level].of === 'lesion' ? this.lesions : new Set(this.#byVolume().keys());
    const index = new ScopedIndex(source.index, owners, source.part);
    this.#indexes.set(name, index);
    return index;
  }

  /** A ranking of what owns the vectors of a need as one of lesions: of a volume its lesions, in catalog order. */
  asLesions({ level }: Need, ranked: readonly Scored[]): Scored[] {
    if (levels[level].of === 'lesion') return [...ranked];
    return ranked.flatMap(({ id, score }) =>
      (this.#byVolume().get(id) ?? []).map(({ lesion }) => ({ id: lesion, score })),
    );
  }

  #byVolume(): ReadonlyMap<string, readonly GalleryRow[]> {
    this.#volumes ??= Map.groupBy(this.rows, ({ volume }) => volume);
    return this.#volumes;
  }
}
