/** What every crash case is given, and what it tells. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom, type Random } from '../../../native/random.ts';
import { survivors } from './session.ts';
import type { Templates } from './templates.ts';

/** What a case has counted, by what it counts. */
export type Tally = Readonly<Record<string, number>>;

export class Case {
  /** Like `chain 12`: it runs again alone under this name. */
  readonly name: string;
  readonly templates: Templates;
  /** So many kills are asked for. */
  readonly wanted: number;
  readonly failures: string[] = [];
  readonly #seed: number;
  readonly #counts: Record<string, number> = {};
  readonly #orphans: Promise<readonly number[]>[] = [];
  kills = 0;

  constructor(name: string, templates: Templates, options: { seed: number; wanted: number }) {
    this.name = name;
    this.templates = templates;
    this.#seed = options.seed;
    this.wanted = options.wanted;
  }

  /** Draws of one part of the case, the same whenever it runs. */
  random(part: string): Random {
    return createRandom(this.#seed, `${this.name} ${part}`);
  }

  count(what: string, by = 1): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + by;
  }

  fail(text: string): void {
    this.failures.push(`${this.name}, after ${this.kills} kills: ${text}`);
  }

  /** A library of its own. */
  library(template: string): string {
    return copied(template, this.folder('library'));
  }

  /** A path of its own. */
  folder(part: string): string {
    return join(this.templates.folder, `${this.name} ${part}`.replaceAll(' ', '-'));
  }

  /** A second library that is as the first one is now. */
  copyOf(library: string): string {
    return copied(library, this.folder('copy'));
  }

  /** These are to end by themselves: looked at beside what follows, so that they may meet it. */
  mustEnd(pids: readonly number[]): void {
    this.#orphans.push(survivors(pids));
  }

  async end(): Promise<Tally> {
    const left = (await Promise.all(this.#orphans)).flat();
    if (left.length > 0) this.fail(`${left.length} processes outlived the one that they worked for`);
    for (const part of ['library', 'copy', 'old'])
      rmSync(this.folder(part), { recursive: true, force: true });
    return { ...this.#counts, kills: this.kills };
  }
}

function copied(from: string, to: string): string {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  return to;
}
