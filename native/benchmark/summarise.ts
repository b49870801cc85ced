/** The figures of many queries as means with their intervals. */
import { type Metrics, metricNames } from '../contract/model.ts';
import type { QueryFigures } from './metrics.ts';
import { PatientBootstrap } from './patientBootstrap.ts';

/** The figures of one query with the patient and the class they belong to. */
export interface QueryResult {
  readonly patient: string;
  readonly class: string;
  readonly figures: QueryFigures;
}

/**
 * The mean of every metric over the queries, macro-p@5 as the mean over the query classes, in a bootstrap over the classes
 * drawn. At least one query is needed; the same queries give the same intervals.
 */
export function summarise(results: readonly QueryResult[]): Metrics {
  const all = new PatientBootstrap(results.map(({ patient }) => ({ patient, group: '' })));
  const byClass = new PatientBootstrap(results.map((result) => ({ ...result, group: result.class })));
  return Object.fromEntries(
    metricNames.map((name) => {
      const [bootstrap, own] = name === 'macro-p@5' ? [byClass, 'p@5' as const] : [all, name];
      return [name, bootstrap.means(Float64Array.from(results, ({ figures }) => figures[own])).macro];
    }),
  ) as Metrics;
}
