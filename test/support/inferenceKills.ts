/** Embeds a library of phantoms while its inference process is killed at random moments, and tells what came of it. */
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHost } from '../../native/cli/host.ts';
import type { Role } from '../../native/contract/host.ts';
import { inferenceContract } from '../../native/contract/inference.ts';
import type { Channel } from '../../native/contract/rpc.ts';
import { calibrationsFolder } from '../../native/encoder/calibrationsFolder.ts';
import { Embedder } from '../../native/encoder/embedder.ts';
import { Library } from '../../native/engine/library.ts';
import { embedMissing } from '../../native/ingest/embedMissing.ts';
import { unpackMask } from '../../native/lesion/mask.ts';
import { ManagedProcess, type Spawner } from '../../native/process/managed.ts';
import { forkSpawner } from '../../native/process/spawners.ts';
import { createRandom } from '../../native/random.ts';
import { openVoxelFile } from '../../native/volume/voxelFile.ts';

const root = resolve(import.meta.dirname, '../..');
const dist = process.env.PRECEDENT_DIST ?? join(root, 'dist');

interface Options {
  /** The library is made, and left, in its folder `library`. */
  readonly folder: string;
  readonly patients: number;
  readonly kills: number;
  readonly seed: number;
}
export interface KillsReport {
  readonly lesions: number;
  /** How often all lesions were embedded anew. */
  readonly rounds: number;
  readonly kills: number;
  /** Of the kills, those that met a process which had not answered anything yet. */
  readonly early: number;
  /** Requests that were asked beside the batches, and answered. */
  readonly asked: number;
  readonly answered: number;
  /** Everything that is not as it should be. */
  readonly failures: readonly string[];
}

/** Lets each process live for a random time, as long as kills are left. */
class Killer implements Spawner {
  readonly #spawner = forkSpawner(join(dist, 'native'));
  readonly #lifeMs: () => number;
  #left: number;
  kills = 0;
  early = 0;

  constructor(kills: number, lifeMs: () => number) {
    this.#left = kills;
    this.#lifeMs = lifeMs;
  }

  async spawn(role: Role): Promise<Channel> {
    const channel = await this.#spawner.spawn(role);
    if (this.#left === 0) return channel;
    this.#left--;
    let answered = false;
    channel.onMessage(() => {
      answered = true;
    });
    const timer = setTimeout(() => {
      this.kills++;
      if (!answered) this.early++;
      // SIGKILL, without a word to the other side.
      channel.close();
    }, this.#lifeMs());
    channel.onClose(() => clearTimeout(timer));
    return channel;
  }
}

const encoder = join(root, 'resources/encoders/builtin');
const neverAborted = new AbortController().signal;

async function withEmbedder<T>(spawner: Spawner, use: (embedder: Embedder) => Promise<T>): Promise<T> {
  const inference = new ManagedProcess('inference', inferenceContract, spawner, () => undefined);
  try {
    return await use(await Embedder.open(encoder, inference, calibrationsFolder()));
  } finally {
    await inference.stop();
  }
}

/** The embeddings of all lesions, as stored. */
function stored(library: Library, { key }: Embedder): Map<string, string> {
  const rows = [...library.embeddings.rows(key)];
  return new Map(rows.map(({ owner, vector }) => [owner, Buffer.from(vector).toString('hex')]));
}

export async function killWhileEmbedding({ folder, patients, kills, seed }: Options): Promise<KillsReport> {
  const path = join(folder, 'library');
  const host = await startHost(path, { mayCreate: true, dist });
  await host.engine.call('demo.create', { patients }).finally(() => host.close());
  const library = await Library.open(path, false);
  const failures: string[] = [];
  const fail = (text: string) => failures.push(text);
  try {
    const [lesion] = library.reads.lesions({ offset: 0, limit: 1 }).rows;
    const { box, packed } = library.reads.lesionMask(lesion.id);
    const file = await openVoxelFile(library.layout.voxelFile(lesion.volume));
    /** What a search asks. */
    const query = async (embedder: Embedder) =>
      (await embedder.embed(file, [{ box, mask: unpackMask(box, packed) }]))[0].join();

    const undisturbed = await withEmbedder(forkSpawner(join(dist, 'native')), async (embedder) => {
      const started = performance.now();
      await embedder.warm();
      return {
        readyMs: performance.now() - started,
        truth: stored(library, embedder),
        answer: await query(embedder),
      };
    });
    const { readyMs, truth, answer } = undisturbed;
    // Kills meet a process that starts, that opens the model, and that is at work.
    const random = createRandom(seed, 'lives');
    const killer = new Killer(kills, () => random.range(0, 3 * readyMs));

    const counts = await withEmbedder(killer, async (embedder) => {
      let [rounds, asked, answered] = [0, 0, 0];
      let embedding = true;
      const asking = (async () => {
        while (embedding) {
          asked++;
          await query(embedder).then(
            (found) => {
              answered++;
              if (found !== answer) fail(`request ${asked} was answered with another embedding`);
            },
            (error: unknown) => fail(`request ${asked} was lost: ${String(error)}`),
          );
          await sleep(30);
        }
      })();
      while (killer.kills < kills && failures.length === 0) {
        rounds++;
        library.embeddings.removeEncoder(embedder.key.encoder);
        const failed = await embedMissing(library, embedder, ['lesion'], neverAborted).catch(
          (error: unknown) => {
            fail(`embedding ended: ${String(error)}`);
            return [];
          },
        );
        for (const { reason } of failed) fail(`a volume was given up: ${reason}`);
        const now = stored(library, embedder);
        for (const id of truth.keys()) if (!now.has(id)) fail(`a lesion was lost in round ${rounds}`);
        for (const [id, vector] of now)
          if (truth.get(id) !== vector) fail(`an embedding differs in round ${rounds}`);
      }
      embedding = false;
      await asking;
      return { rounds, asked, answered };
    });
    await file.close();
    return { lesions: truth.size, kills: killer.kills, early: killer.early, ...counts, failures };
  } finally {
    await library.close();
  }
}
