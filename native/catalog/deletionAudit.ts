/** Erases from the audit what it says of the deleted: that something was done, by whom, when and to which opaque id, stays. */
import type { CatalogAudit } from './audit.ts';
import type { Tracer } from './traces.ts';

export const deleteAction = 'delete';

/** A change of nothing but the deleted also loses what its head says. */
export function eraseAudit(audit: CatalogAudit, tracer: Tracer): void {
  const erased = new Set<number>();
  const heads: { id: number; rows: number }[] = [];
  for (const { id, action, subject, detail } of audit.entries()) {
    if (detail === null || action === deleteAction) continue;
    if (tracer.isTrace(subject) || tracer.jsonHolds(detail, true)) erased.add(id);
    else if (action === 'change') heads.push({ id, rows: (JSON.parse(detail) as { rows: number }).rows });
  }
  for (const { id, rows } of heads)
    if (Array.from({ length: rows }, (_, n) => id + 1 + n).every((thing) => erased.has(thing)))
      erased.add(id);
  audit.eraseDetails(erased, 'deletion');
}
