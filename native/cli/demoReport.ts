/** The main job without a window: searches a demonstration library and writes a report with pictures. */
import { resolve } from 'node:path';
import { type ReportHit, type ReportLesion, writeDemonstrationReport } from '../benchmark/report.ts';
import type { Hit, LesionRow } from '../contract/model.ts';
import { readContent, writeFileAtomic } from '../files/files.ts';
import { libraryLayout } from '../files/layout.ts';
import type { Host } from './host.ts';

const queries = 6;
const hitsPerQuery = 5;

/** Searches for one lesion of each of a few kinds, evaluates, and writes the HTML file. Returns its absolute path. */
export async function writeReport({ engine }: Host, library: string, target: string): Promise<string> {
  const layout = libraryLayout(resolve(library));
  const picture = async (lesion: string): Promise<string> => {
    const bytes = await readContent(layout.thumbnail(lesion));
    return `data:image/png;base64,${bytes.toString('base64')}`;
  };
  const info = await engine.call('library.info', {});
  const { rows } = await engine.call('lesions.list', { limit: 10_000 });
  const byKind = Map.groupBy(rows, (row) => row.labels.kind ?? '');
  const chosen = [...byKind.values()].map(([first]) => first).slice(0, queries);
  const timings: Record<string, number> = {};
  const shown: { query: ReportLesion; hits: ReportHit[] }[] = [];
  for (const [n, lesion] of chosen.entries()) {
    const found = await engine.call('search.run', { query: { lesion: lesion.id }, top: hitsPerQuery });
    timings[`query ${n + 1}`] = found.tookMs.total;
    shown.push({
      query: describe(lesion, lesion.id, await picture(lesion.id)),
      hits: await Promise.all(
        found.hits.map(async (hit) => ({
          ...describe(hit, hit.lesion, await picture(hit.lesion)),
          rank: hit.rank,
          score: hit.score,
        })),
      ),
    });
  }
  const field = info.fields.some(({ name }) => name === 'kind') ? 'kind' : undefined;
  const evaluation = field ? await engine.call('evaluate.run', { field }) : undefined;
  const path = resolve(target);
  const html = writeDemonstrationReport({
    counts: info.counts,
    encoder: `${info.encoder.id} ${info.encoder.version}`,
    queries: shown,
    evaluation,
    timings,
  });
  await writeFileAtomic(path, Buffer.from(html));
  return path;
}

function describe(row: LesionRow | Hit, lesion: string, png: string): ReportLesion {
  const { name, patient, volumeMl, diameterMm, labels, diagnosis } = row;
  const shown = diagnosis ? { ...labels, diagnosis: `${diagnosis.diagnosis} (${diagnosis.proof})` } : labels;
  return { lesion, name, patient, volumeMl, diameterMm, labels: shown, png };
}
