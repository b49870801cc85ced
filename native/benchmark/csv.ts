/** Tables of reports as CSV (RFC 4180), for a spreadsheet or a script. */

export type Cell = string | number | boolean | undefined;

export function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) => cells.map(cellText).join(',');
  return `${[header, ...rows].map(line).join('\r\n')}\r\n`;
}

function cellText(cell: Cell): string {
  const value = String(cell ?? '');
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
