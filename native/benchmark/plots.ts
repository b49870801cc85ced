/** Plots as inline SVG for printed reports: values from 0 to 1 with their intervals. */

import type { Figure } from '../contract/model.ts';
import { text } from './html.ts';

/** How a row is drawn: filled, hollow or grey. */
export type Tone = 'search' | 'leak' | 'baseline';

export interface PlotRow {
  readonly label: string;
  readonly tone: Tone;
  readonly interval: Figure;
  /** A rule above it, where another group of rows begins. */
  readonly first?: boolean;
}

/** A vertical line through the plot. */
export interface Reference {
  readonly label: string;
  readonly value: number;
}

const [labelWidth, plotWidth, valueWidth, rowHeight, head] = [190, 250, 52, 22, 20];
const width = labelWidth + plotWidth + valueWidth;

/** One row a method: its value as a mark, its interval as a line, its number at the right. */
export function intervalPlot(
  name: string,
  rows: readonly PlotRow[],
  references: readonly Reference[] = [],
): string {
  const bottom = head + rows.length * rowHeight;
  const x = (value: number) => (labelWidth + Math.min(1, Math.max(0, value)) * plotWidth).toFixed(1);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (value) => `<line class="grid" x1="${x(value)}" x2="${x(value)}" y1="${head}" y2="${bottom}"/>
<text class="tick" x="${x(value)}" y="${bottom + 14}" text-anchor="middle">${value}</text>`,
  );
  const lines = references.map(
    ({
      label,
      value,
    }) => `<line class="reference" x1="${x(value)}" x2="${x(value)}" y1="${head}" y2="${bottom}"/>
<text class="tick" x="${x(value)}" y="${head - 6}" text-anchor="middle">${text(label)}</text>`,
  );
  const marks = rows.map(({ label, tone, interval: { value, lo, hi }, first }, n) => {
    const y = head + n * rowHeight + rowHeight / 2;
    const rule = first
      ? `<line class="rule" x1="0" x2="${width}" y1="${y - rowHeight / 2}" y2="${y - rowHeight / 2}"/>`
      : '';
    return `${rule}<g class="${tone}"><text x="${labelWidth - 8}" y="${y + 4}" text-anchor="end">${text(label)}</text>
<line class="whisker" x1="${x(lo)}" x2="${x(hi)}" y1="${y}" y2="${y}"/><circle cx="${x(value)}" cy="${y}" r="4.5"/>
<text class="value" x="${width}" y="${y + 4}" text-anchor="end">${value.toFixed(3)}</text></g>`;
  });
  return `<figure><figcaption>${text(name)}</figcaption>
<svg viewBox="0 0 ${width} ${bottom + 18}" role="img" aria-label="${text(name)}">${[...grid, ...lines, ...marks].join('\n')}</svg></figure>`;
}

export const plotStyle = `
figure { margin: 0; break-inside: avoid; } figcaption { font-weight: 600; margin-bottom: 4px; }
svg { width: 100%; max-width: ${width * 1.15}px; font: 12px system-ui, sans-serif; } svg text { fill: #1a1d21; } svg .tick { fill: #687078; font-size: 11px; }
svg .grid { stroke: #e3e6e9; } svg .rule { stroke: #c4c9ce; } svg .reference { stroke: #c92a2a; stroke-dasharray: 4 3; } svg .value { font-variant-numeric: tabular-nums; }
svg .whisker { stroke-width: 2; } svg .search circle { fill: #1864ab; } svg .search .whisker { stroke: #1864ab; }
svg .leak circle { fill: #fff; stroke: #d9480f; stroke-width: 2; } svg .leak .whisker { stroke: #d9480f; stroke-dasharray: 3 2; }
svg .baseline circle { fill: #868e96; } svg .baseline .whisker { stroke: #868e96; } svg .baseline text { fill: #5c636a; }
`;
