/** The hits of a search as a table, one line each. */
import type { z } from 'zod';
import { researchUse } from '../benchmark/evaluationReport.ts';
import type { hitsParams } from '../contract/takeaway.ts';
import type { Library } from '../engine/library.ts';
import { csvTable } from './csv.ts';
import { Disclosure } from './disclosure.ts';

/** Throws `not-found`. */
export function hitsTable(
  library: Pick<Library, 'reads' | 'writes'>,
  { hits, search, identified }: z.output<typeof hitsParams>,
): string {
  const disclosure = new Disclosure(library, identified);
  const told = hits.map((hit) => ({ ...hit, ...disclosure.lesion(hit.lesion) }));
  const names = [...new Set(told.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const head = [
    'rank', 'score', 'expected', 'patient', ...(identified ? ['patient name', 'study date', 'lesion id'] : []),
    'lesion', 'diagnosis', 'proof', 'diameter mm', 'volume ml', 'mean HU', 'SD HU', 'slice thickness mm', 'kernel', 'contrast',
    ...names.map((name) => `label: ${name}`), 'method', 'encoder', 'score is', 'use',
  ]; // biome-ignore format: one group of columns a line
  const rows = told.map((hit) => {
    const { measurements: m, acquisition: a } = hit;
    return [
      hit.rank, hit.score, hit.expected, hit.patient, ...(identified ? [hit.patientName, hit.studyDate, hit.lesion] : []),
      hit.name, hit.diagnosis?.diagnosis, hit.diagnosis?.proof, round(m.diameterMm, 1), round(m.volumeMl, 3), round(m.meanHu, 1),
      round(m.sdHu, 1), a.sliceThicknessMm, a.kernel, a.contrast,
      ...names.map((name) => hit.labels[name]), search.method, search.encoder, search.scores, researchUse,
    ]; // biome-ignore format: one group of columns a line
  });
  return csvTable([head, ...rows]);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
