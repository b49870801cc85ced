/** The most telling labels of a lesion in a narrow place, and how many more there are; all of them on hover. */
import { labelsToShow } from './labels.ts';

export function LabelLine(props: {
  labels: Readonly<Record<string, string>>;
  diagnosis: string | undefined;
  className: string;
  most: number;
}) {
  const all = labelsToShow(props.labels, props.diagnosis);
  const hidden = all.length - props.most;
  return (
    <span
      className={`dim ${props.className}`}
      title={all.map(([name, value]) => `${name}: ${value}`).join('\n')}
    >
      {all.slice(0, props.most).map(([name, value]) => (
        <span key={name} className="label">
          {name} <b>{value}</b>
        </span>
      ))}
      {hidden > 0 && <span className="label-more">+{hidden}</span>}
    </span>
  );
}
