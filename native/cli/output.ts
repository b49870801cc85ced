/** What the command line prints: one JSON document with --json, else plain tables; progress and errors go to stderr. */

/** A plain table; numbers to the right. */
export function table(rows: readonly Readonly<Record<string, string | number | undefined>>[]): string {
  if (rows.length === 0) return '(none)';
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => cell(row[column])));
  const widths = columns.map((column, n) => Math.max(column.length, ...cells.map((line) => line[n].length)));
  const numeric = new Set(columns.filter((column) => rows.some((row) => typeof row[column] === 'number')));
  const line = (values: readonly string[]) =>
    values
      .map((value, n) => (numeric.has(columns[n]) ? value.padStart(widths[n]) : value.padEnd(widths[n])))
      .join('  ')
      .trimEnd();
  return [line(columns), ...cells.map(line)].join('\n');
}

function cell(value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? '';
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}

/** Shows progress on one line of a terminal, or now and then on lines of their own elsewhere. */
export function progressPrinter(): (progress: { phase?: string; done: number; total: number }) => void {
  let last = 0;
  let lastPhase = '';
  return ({ phase = '', done, total }) => {
    const now = Date.now();
    const gap = process.stderr.isTTY ? 100 : 5000;
    if (now - last < gap && phase === lastPhase && done < total) return;
    if (!process.stderr.isTTY && now - last < gap && phase === lastPhase) return;
    last = now;
    lastPhase = phase;
    const text = `${phase} ${done}/${total}`;
    process.stderr.write(
      process.stderr.isTTY ? `\r\u001b[K${text}${done >= total ? '\n' : ''}` : `${text}\n`,
    );
  };
}
