/** The encoders of a library: the built-in ones and those that were added, which of them is the default, and which one serves. */
import { basename, join } from 'node:path';
import type { EmbeddingKey, Generation, StoredKey } from '../catalog/embeddings.ts';
import type { EncoderRow } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { InferenceContract } from '../contract/inference.ts';
import { type Level, levels } from '../contract/levels.ts';
import { Embedder } from '../encoder/embedder.ts';
import { listFolder, removeFolderWhole } from '../files/files.ts';
import type { ManagedProcess } from '../process/managed.ts';
import {
  chooseEncoder,
  chosenEncoder,
  completeGeneration,
  keptLevels,
  setCompleteGeneration,
  setKeptLevels,
} from './encoderSettings.ts';
import type { Library } from './library.ts';

/** How encoders are opened. */
export interface EncoderPlace {
  /** The folder of the built-in ones. */
  readonly folder: string;
  readonly inference: ManagedProcess<InferenceContract>;
  readonly calibrations?: string | undefined;
}
/** What a search is answered with. */
export interface Serving {
  readonly key: StoredKey;
  /** Makes further vectors that can be compared with those; undefined when that version is no longer here. */
  readonly embedder: Embedder | undefined;
  /** Why it is not the encoder that was asked for. */
  readonly note?: string;
}

export function encoderFolderName({
  id,
  version,
}: {
  readonly id: string;
  readonly version: string;
}): string {
  return `${id}@${version}`;
}

/** Ascending by the three numbers of a version. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
}

export class Encoders {
  readonly #library: Library;
  readonly #place: EncoderPlace;
  readonly #builtin: Embedder;
  /** Embeds masks that have no image. */
  readonly shape: Embedder;
  /** Embeds slices, where it is asked to. */
  readonly #slices: Embedder;
  /** Every version that is installed, the newest of an encoder last. */
  #installed: Embedder[] = [];
  #broken: { folder: string; problem: string }[] = [];

  private constructor(
    library: Library,
    place: EncoderPlace,
    [builtin, shape, slices]: readonly [Embedder, Embedder, Embedder],
  ) {
    this.#library = library;
    this.#place = place;
    this.#builtin = builtin;
    this.shape = shape;
    this.#slices = slices;
  }

  /** Throws what Embedder.open throws of a built-in encoder; an added one that cannot be read is listed with its problem. */
  static async open(library: Library, place: EncoderPlace): Promise<Encoders> {
    const { inference, calibrations } = place;
    const builtin = (name: string) => Embedder.open(join(place.folder, name), inference, calibrations);
    const encoders = new Encoders(library, place, [
      await builtin('builtin'),
      await builtin('shape'),
      await builtin('slices'),
    ]);
    for (const name of await listFolder(library.layout.encoders)) {
      try {
        await encoders.installed(join(library.layout.encoders, name));
      } catch (thrown) {
        encoders.#broken.push({ folder: name, problem: PrecedentError.from(thrown).what });
      }
    }
    return encoders;
  }

  /** Takes up the encoder that lies in a folder of the library. */
  async installed(folder: string): Promise<Embedder> {
    const { inference, calibrations } = this.#place;
    const embedder = await Embedder.open(folder, inference, calibrations);
    const { manifest } = embedder;
    if (basename(folder) !== encoderFolderName(manifest)) {
      throw new PrecedentError(
        'corrupt',
        `its manifest says ${encoderFolderName(manifest)}`,
        basename(folder),
      );
    }
    const others = this.#installed.filter((other) => other.folder !== folder);
    this.#installed = [...others, embedder].sort((a, b) =>
      compareVersions(a.manifest.version, b.manifest.version),
    );
    return embedder;
  }

  /** The folder for what this machine measures of models. */
  get calibrations(): string | undefined {
    return this.#place.calibrations;
  }

  /** Where the added encoders lie, every version of them. */
  get folders(): string[] {
    return this.#installed.map(({ folder }) => folder);
  }

  get broken(): readonly { folder: string; problem: string }[] {
    return this.#broken;
  }

  get #builtins(): readonly Embedder[] {
    return [this.#builtin, this.shape, this.#slices];
  }

  /** Every encoder by its id in its newest version, the built-in ones first. */
  #newest(): Map<string, Embedder> {
    const all = [...this.#builtins, ...this.#installed];
    return new Map(all.map((embedder) => [embedder.manifest.id, embedder]));
  }

  /** Every encoder in its newest version: the default first, then the built-in ones. */
  all(): Embedder[] {
    const { standard } = this;
    return [standard, ...[...this.#newest().values()].filter((embedder) => embedder !== standard)];
  }

  /** The encoder that searches use unless they name one: the built-in one unless another was chosen and can be used. */
  get standard(): Embedder {
    const chosen = chosenEncoder(this.#library);
    return (chosen !== undefined && this.#newest().get(chosen)) || this.#builtin;
  }

  /** What to say where the built-in encoder stands in for one that was chosen. */
  get standIn(): string | undefined {
    const chosen = chosenEncoder(this.#library);
    if (chosen === undefined || chosen === this.standard.manifest.id) return undefined;
    return `the encoder ${chosen} cannot be used, and the built-in one stands in for it; see \`encoders list\``;
  }

  /** Throws `not-found`. */
  named(id: string | undefined): Embedder {
    if (id === undefined) return this.standard;
    const embedder = this.#newest().get(id);
    if (embedder) return embedder;
    throw new PrecedentError('not-found', `there is no encoder ${id}`, undefined, 'see `encoders list`');
  }

  /** The installed version of an encoder, if there is one. */
  installedAs(id: string): Embedder | undefined {
    return this.#installed.findLast(({ manifest }) => manifest.id === id);
  }

  isBuiltin(id: string): boolean {
    return this.#builtins.some(({ manifest }) => manifest.id === id);
  }

  /** The encoders that are kept up to date, and at which levels: the default's lesions, and whatever was asked for. */
  kept(): { embedder: Embedder; levels: Level[] }[] {
    const asked = keptLevels(this.#library);
    const { standard } = this;
    return this.all().flatMap((embedder) => {
      const wanted = new Set(asked[embedder.manifest.id] ?? []);
      if (embedder === standard) wanted.add('lesion');
      const made = embedder.levels.filter((level) => wanted.has(level));
      return made.length > 0 ? [{ embedder, levels: made }] : [];
    });
  }

  /** Keeps the library embedded at further levels. Throws `usage` for a level that this kind does not make. */
  keep(embedder: Embedder, wanted: readonly Level[]): void {
    const { id, kind } = embedder.manifest;
    const wrong = wanted.find((level) => !levels[level].kinds.includes(kind));
    if (wrong !== undefined) {
      throw new PrecedentError(
        'usage',
        `an encoder of kind ${kind} makes no vectors of level ${wrong}`,
        id,
        `it makes: ${embedder.levels.join(', ')}`,
      );
    }
    const all = new Set([...(keptLevels(this.#library)[id] ?? []), ...wanted]);
    setKeptLevels(
      this.#library,
      id,
      embedder.levels.filter((level) => all.has(level)),
    );
  }

  rows(): EncoderRow[] {
    const kept = new Map(this.kept().map((entry) => [entry.embedder, entry.levels]));
    const { embeddings } = this.#library;
    const keys = embeddings.keys();
    return [...this.#newest().values()].map((embedder) => ({
      ...embedder.info,
      origin: this.isBuiltin(embedder.manifest.id) ? 'built-in' : 'installed',
      isDefault: embedder === this.standard,
      forLesions: this.#embedsInstead(embedder) === null,
      levels: kept.get(embedder) ?? [],
      // No lesion waits for a built-in encoder that was not asked for.
      missing:
        this.isBuiltin(embedder.manifest.id) && !kept.has(embedder)
          ? 0
          : embeddings.missing(embedder.key).length,
      outdated: keys
        .filter((key) => key.encoder === embedder.manifest.id && key.level === embedder.key.level)
        .filter((key) => !sameGeneration(key, embedder.key))
        .reduce((sum, key) => sum + embeddings.count(key), 0),
    }));
  }

  /** What an encoder embeds that is no lesion in an image. */
  #embedsInstead(embedder: Embedder): string | null {
    if (embedder === this.shape) return 'masks alone';
    return embedder.manifest.kind === 'text' ? 'texts' : null;
  }

  /** Makes an encoder the default; the one before serves until the new one has embedded every lesion. Throws `refused`, `not-found`. */
  setStandard(id: string): void {
    const embedder = this.named(id);
    const other = this.#embedsInstead(embedder);
    if (other !== null) {
      throw new PrecedentError(
        'refused',
        `${id} embeds ${other}, not lesions`,
        undefined,
        'choose an image encoder',
      );
    }
    // A library that never completed one has none to fall back on but what is the default now.
    if (completeGeneration(this.#library) === undefined)
      setCompleteGeneration(this.#library, this.standard.key);
    chooseEncoder(this.#library, id);
  }

  /** What to answer a search by an encoder with: its own vectors, or those before them until it has embedded all that can be. */
  serving(embedder: Embedder): Serving {
    const { embeddings } = this.#library;
    const own = { key: { ...embedder.key, dim: embedder.dim }, embedder };
    const missing = this.#library.missing(own.key);
    if (missing === 0) return own;
    const before = this.#before(embedder);
    if (!before) return own;
    const has = embeddings.count(embedder.key);
    const name = ({ encoder, version }: Generation) => `${encoder} ${version}`;
    return {
      key: before,
      embedder: [...this.#builtins, ...this.#installed].find(({ key }) => sameGeneration(key, before)),
      note: `found with ${name(before)}, since ${name(embedder.key)} has embedded ${has} of ${has + missing} lesions so far`,
    };
  }

  /** The key of the vectors that came before an encoder's: those that were complete last, or its own of an earlier version. */
  #before(embedder: Embedder): StoredKey | undefined {
    const { embeddings } = this.#library;
    const older = embeddings
      .keys()
      .filter(
        (key) => key.level === 'lesion' && !sameGeneration(key, embedder.key) && embeddings.count(key) > 0,
      );
    const complete = embedder === this.standard ? completeGeneration(this.#library) : undefined;
    if (complete && sameGeneration(complete, embedder.key)) return undefined;
    return (
      (complete && older.find((key) => sameGeneration(key, complete))) ??
      older.findLast((key) => key.encoder === embedder.manifest.id)
    );
  }

  /** To be called once an encoder has embedded all of what is kept of it that can be: its earlier versions go. */
  async completed(embedder: Embedder): Promise<void> {
    const { key, manifest } = embedder;
    const { embeddings } = this.#library;
    const before = completeGeneration(this.#library);
    if (embedder === this.standard && !(before && sameGeneration(before, key)))
      setCompleteGeneration(this.#library, key);
    embeddings.removeOthers(key);
    await this.dropUnused(manifest.id);
  }

  /** Removes the earlier versions of an added encoder that embedded nothing that is still there. */
  async dropUnused(id: string): Promise<void> {
    const keys = this.#library.embeddings.keys();
    const versions = this.#installed.filter(({ manifest }) => manifest.id === id);
    const unused = versions
      .slice(0, -1)
      .filter(({ key }) => !keys.some((stored) => sameGeneration(stored, key)));
    this.#installed = this.#installed.filter((embedder) => !unused.includes(embedder));
    // One that is held open goes another time.
    for (const { folder } of unused)
      await removeFolderWhole(folder, this.#library.layout.staging).catch(() => undefined);
  }

  /** Removes an added encoder in every version with all that it embedded. Throws `refused`, `not-found`. */
  async remove(id: string): Promise<void> {
    const embedder = this.named(id);
    if (this.isBuiltin(id)) throw new PrecedentError('refused', 'a built-in encoder cannot be removed', id);
    if (embedder === this.standard) {
      throw new PrecedentError('refused', 'this encoder is the default', id, 'choose another default first');
    }
    const { embeddings } = this.#library;
    const keys: EmbeddingKey[] = embeddings.keys().filter(({ encoder }) => encoder === id);
    setKeptLevels(this.#library, id, []);
    embeddings.removeEncoder(id);
    await this.#library.forgetVectors(keys);
    const gone = this.#installed.filter(({ manifest }) => manifest.id === id);
    this.#installed = this.#installed.filter(({ manifest }) => manifest.id !== id);
    for (const { folder } of gone) await removeFolderWhole(folder, this.#library.layout.staging);
  }
}

function sameGeneration(a: Generation, b: Generation): boolean {
  return a.encoder === b.encoder && a.version === b.version && a.preprocessing === b.preprocessing;
}
