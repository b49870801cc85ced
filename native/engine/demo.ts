/** Fills a library with the generated phantom patients: written as DICOM files, then imported like any other. */
import { join } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import { type ImportProgress, type ImportReport, importOptions } from '../contract/jobs.ts';
import { generatePhantomLibrary } from '../phantom/generate.ts';
import type { Engine } from './engine.ts';

export type DemoProgress = Omit<ImportProgress, 'phase'> & {
  readonly phase: ImportProgress['phase'] | 'generate';
};

/** Generating again with the same seed writes the same files, so that an interrupted demonstration is completed. */
export async function createDemo(
  engine: Engine,
  { patients, seed }: { patients: number; seed: number },
  signal: AbortSignal,
  progress: (progress: DemoProgress) => void,
): Promise<ImportReport> {
  const { library } = engine;
  const isDemo = library.reads.setting('demonstration') === 'yes';
  if (!isDemo && library.reads.counts().patients > 0) {
    throw new PrecedentError(
      'refused',
      'this library holds other cases',
      undefined,
      'name an empty or new folder for the demonstration',
    );
  }
  library.writes.setSetting('demonstration', 'yes');
  const folder = join(library.layout.root, 'phantom');
  await generatePhantomLibrary(folder, {
    patients,
    seed,
    signal,
    onProgress: (done, total) => progress({ phase: 'generate', done, total }),
  });
  const options = importOptions.parse({});
  const job = { origin: 'user' as const, sources: [folder], labels: join(folder, 'labels.csv'), options };
  return engine.queue.run(job, signal, progress);
}
