/** Plots of shares from 0 to 1: values with their intervals row by row, and observed over expected shares. */
import type { Calibration, Figure } from '../../native/contract/model.ts';
import { fixed } from '../ui/format.ts';

export interface IntervalRow {
  readonly name: string;
  readonly figure: Figure;
  readonly baseline: boolean;
}

const [nameWidth, plotWidth, valueWidth, rowHeight, tickHeight] = [150, 250, 44, 21, 18];
const grid = [0, 0.25, 0.5, 0.75, 1];
const within = (value: number) => Math.min(1, Math.max(0, value));

/** One row a method: a dot at its value, a line over its interval, its number at the right. */
export function IntervalPlot({ label, rows }: { label: string; rows: readonly IntervalRow[] }) {
  const x = (value: number) => nameWidth + within(value) * plotWidth;
  const bottom = rows.length * rowHeight;
  const width = nameWidth + plotWidth + valueWidth;
  return (
    <svg className="plot" viewBox={`0 0 ${width} ${bottom + tickHeight}`} role="img" aria-label={label}>
      {grid.map((value) => (
        <g key={value}>
          <line className="grid" x1={x(value)} x2={x(value)} y1={0} y2={bottom} />
          <text className="tick" x={x(value)} y={bottom + 13} textAnchor="middle">
            {value}
          </text>
        </g>
      ))}
      {rows.map(({ name, figure, baseline }, at) => {
        const y = at * rowHeight + rowHeight / 2;
        return (
          <g key={name} className={baseline ? 'baseline' : 'method'}>
            <text x={nameWidth - 8} y={y + 4} textAnchor="end">
              {name}
            </text>
            <line className="whisker" x1={x(figure.lo)} x2={x(figure.hi)} y1={y} y2={y} />
            <circle cx={x(figure.value)} cy={y} r={4} />
            <text x={width} y={y + 4} textAnchor="end">
              {fixed(figure.value, 3)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

const side = 210;
const [left, below, top] = [44, 38, 6];

/** A reliability diagram: on the diagonal, hits share the class as often as their scores promise. */
export function ReliabilityPlot({ method, calibration }: { method: string; calibration: Calibration }) {
  const x = (value: number) => left + within(value) * side;
  const y = (value: number) => top + (1 - within(value)) * side;
  const said = calibration.bins
    .map(({ expected, observed }) => `${fixed(expected, 2)} expected, ${fixed(observed, 2)} observed`)
    .join('; ');
  return (
    <svg
      className="plot square"
      viewBox={`0 0 ${left + side + 8} ${top + side + below}`}
      role="img"
      aria-label={`Observed over expected share of ${method}: ${said}`}
    >
      <rect className="frame" x={left} y={top} width={side} height={side} />
      <line className="diagonal" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
      {[0, 0.5, 1].map((value) => (
        <g key={value}>
          <text className="tick" x={x(value)} y={top + side + 14} textAnchor="middle">
            {value}
          </text>
          <text className="tick" x={left - 6} y={y(value) + 4} textAnchor="end">
            {value}
          </text>
        </g>
      ))}
      <text className="tick" x={left + side / 2} y={top + side + 30} textAnchor="middle">
        expected by the score
      </text>
      <text className="tick" transform={`translate(11 ${top + side / 2}) rotate(-90)`} textAnchor="middle">
        observed
      </text>
      {calibration.bins.map(({ expected, observed, lo95, hi95, lo, hi, n }) => (
        <g key={`${lo} ${hi} ${observed}`} className="method">
          <title>{`${n} hits: ${fixed(expected, 3)} expected, ${fixed(observed, 3)} observed`}</title>
          <line className="whisker" x1={x(expected)} x2={x(expected)} y1={y(lo95)} y2={y(hi95)} />
          <circle cx={x(expected)} cy={y(observed)} r={4} />
        </g>
      ))}
    </svg>
  );
}
