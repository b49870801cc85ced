/** `bench retrieval`: the methods of 3D-MIR on embeddings from a file. */
import { readMirEmbeddings } from '../benchmark/mir/embeddings.ts';
import { mirRetrieval } from '../benchmark/mir/retrieval.ts';
import { readFileBytes } from '../files/files.ts';
import { command } from './commands.ts';
import { table } from './output.ts';

export const benchRetrieval = command('retrieval', 'run the methods of 3D-MIR on embeddings from a file')
  .requiredOption('--input <file>', 'the embeddings; docs/retrieval.md says how they are written')
  .action(async ({ input, json }: { input: string; json?: boolean }) => {
    const text = new TextDecoder().decode(await readFileBytes(input));
    const results = mirRetrieval(readMirEmbeddings(text));
    if (json) {
      process.stdout.write(`${JSON.stringify({ results: Object.fromEntries(results) })}\n`);
      return;
    }
    const rows = Array.from(results, ([method, { metrics }]) =>
      Object.entries(metrics).flatMap(([label, kinds]) =>
        Object.entries(kinds).map(([arithmetic, figures]) => ({ method, label, arithmetic, ...figures })),
      ),
    );
    process.stdout.write(`${table(rows.flat())}\n`);
  });
