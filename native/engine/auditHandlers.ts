/** What the engine answers about the record of who did what. */
import type { auditRequests } from '../contract/audit.ts';
import type { EngineContract } from '../contract/engine.ts';
import { writeFileAtomic } from '../files/files.ts';
import type { Handlers } from '../process/serve.ts';
import { Turns } from '../process/turns.ts';
import { csvTable } from '../takeaway/csv.ts';
import type { Grants } from './grants.ts';
import type { Library } from './library.ts';

const columns = ['id', 'at', 'user', 'action', 'subject', 'detailHash', 'hash'] as const;

export function auditHandlers(
  { audit }: Library,
  grants: Grants,
): Pick<Handlers<EngineContract>, keyof typeof auditRequests> {
  return {
    'audit.list': (selection) => ({
      rows: audit.list(selection),
      users: audit.users(),
      actions: audit.actions(),
    }),
    'audit.verify': async ({ anchor }, { signal }) => {
      const turns = new Turns(signal);
      const check = await audit.verify(anchor, () => turns.pass());
      return { ...check, problems: [...check.problems], ok: check.problems.length === 0 };
    },
    'audit.export': async ({ action, user, details, target }, { signal }) => {
      const path = grants.take(target, 'write');
      const turns = new Turns(signal);
      const parts = [csvTable([[...columns, ...(details ? ['detail'] : [])]])];
      for (const row of audit.entries()) {
        await turns.pass();
        if ((action ?? row.action) !== row.action || (user ?? row.user) !== row.user) continue;
        const cells = columns.map((column) => row[column]);
        parts.push(csvTable([details ? [...cells, row.detail ?? ''] : cells]));
      }
      const bytes = Buffer.from(parts.join(''));
      await writeFileAtomic(path, bytes);
      return { entries: parts.length - 1, bytes: bytes.length };
    },
  };
}
