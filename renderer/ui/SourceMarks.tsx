/** What must be known of a picture wherever it is shown: its source lost detail, or its voxels lie between measured ones. */

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

export function SourceMarks({ source }: { source: Source }) {
  const shown = marks.filter(({ of }) => source[of]);
  if (shown.length === 0) return null;
  return (
    <span className="source-marks">
      {shown.map(({ of, text, title }) => (
        <span key={of} className="source-mark" title={title} data-testid={`mark-${of}`}>
          {text}
        </span>
      ))}
    </span>
  );
}
