/** Why a lesion is a hit, as short as it fits beside the pointer: what both measure, the least alike marked. */
import { useQuery } from '@tanstack/react-query';
import type { Hit } from '../../native/contract/model.ts';
import { Failure, Loading } from '../ui/Empty.tsx';
import { count } from '../ui/format.ts';
import { differenceText, measureText, useExplanationQuery } from './explain.ts';

/** Rows that fit: the catalog's measures come first. */
const rowsShown = 6;

export function WhyShort({ hit }: { hit: Hit }) {
  const explained = useQuery(useExplanationQuery(hit.lesion));
  if (explained.error) return <Failure error={explained.error} />;
  if (!explained.data) return <Loading text="Comparing" />;
  const { measures } = explained.data;
  const large = measures.filter((measure) => measure.large);
  return (
    <div className="why-short" data-testid="why-short">
      <p>
        {large.length === 0
          ? 'No large difference in what is measured.'
          : `${count(large.length, 'large difference')}: ${large.map(({ title }) => title.toLowerCase()).join(', ')}.`}
      </p>
      <table className="why-table">
        <thead>
          <tr>
            <th aria-label="What" />
            <th>Query</th>
            <th>Hit</th>
            <th title="Share of pairs of lesions of this library that differ less">Differ less</th>
          </tr>
        </thead>
        <tbody>
          {measures.slice(0, rowsShown).map((measure) => (
            <tr key={measure.name} data-large={measure.large || undefined}>
              <th scope="row">{measure.title}</th>
              <td>{measureText(measure.query, measure.unit)}</td>
              <td>{measureText(measure.hit, measure.unit)}</td>
              <td>{differenceText(measure)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="dim">Click for slices, all measurements and where the likeness lies.</p>
    </div>
  );
}
