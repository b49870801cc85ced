/** What must be known of a picture wherever it is shown: its source lost detail, its voxels lie between measured ones, or its geometry was doubtful. */
import { count } from './format.ts';

interface Source {
  readonly lossy: boolean;
  readonly interpolated: boolean;
}
const marks: readonly { readonly of: keyof Source; readonly text: string; readonly title: string }[] = [
  { of: 'lossy', text: 'LOSSY', title: 'The source was compressed with losses' },
  {
    of: 'interpolated',
    text: 'INTERPOLATED',
    title: 'Slices were tilted, missing or unevenly spaced: voxel values were interpolated',
  },
];

/** @param props.warnings what was found when the volume was read, where that is known */
export function SourceMarks(props: { source: Source; warnings?: readonly string[] }) {
  const { source, warnings = [] } = props;
  const shown = marks.filter(({ of }) => source[of]);
  if (shown.length === 0 && warnings.length === 0) return null;
  return (
    <span className="source-marks">
      {shown.map(({ of, text, title }) => (
        <span key={of} className="source-mark" title={title} data-testid={`mark-${of}`}>
          {text}
        </span>
      ))}
      {warnings.length > 0 && (
        <span className="source-mark" title={warnings.join('\n')} data-testid="mark-warnings">
          {count(warnings.length, 'warning').toUpperCase()}
        </span>
      )}
    </span>
  );
}
