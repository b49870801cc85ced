/** A short run of `npm run test:fuzz`, with all its targets. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { figure } from '../support/figures.ts';
import { projectRoot } from '../support/precedent.ts';

const count = 3000;

test('malformed messages change nothing, end no process and are answered once', async () => {
  const args = ['--disable-warning=ExperimentalWarning', join(projectRoot, 'test/security/fuzz.ts')];
  const { code, stdout } = await new Promise<{ code: number; stdout: string }>((done) => {
    execFile(process.execPath, [...args, '--count', String(count)], (error, out) =>
      done({ code: Number(error?.code ?? 0), stdout: out }),
    );
  });
  const lines = stdout.trim().split('\n');
  expect(lines.filter((line) => line.includes('✗'))).toEqual([]);
  expect(lines.at(-1)).toMatch(new RegExp(`^${count} malformed messages, seed 1: 0 faults`));
  expect(code).toBe(0);
  // Engine, inference, readers, main from both sides, and the three clients.
  expect(lines.filter((line) => line.endsWith('malformed messages, 0 faults'))).toHaveLength(8);
  figure('malformed messages of the short fuzz without effect', count);
});
