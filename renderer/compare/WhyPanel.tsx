/** Why a lesion is a hit, beside both pictures: slices that match, where the likeness lies, and what both measure. */
import { Button, Loader, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { PrecedentError } from '../../native/contract/errors.ts';
import type { Explanation } from '../../native/contract/explain.ts';
import type { Hit } from '../../native/contract/model.ts';
import { differenceText, measureText, useExplanationQuery } from '../query/explain.ts';
import { colors } from '../ui/colors.ts';
import { Failure, Loading } from '../ui/Empty.tsx';
import { fixed } from '../ui/format.ts';
import type { MapState } from './useMap.ts';

const pairings: Readonly<Record<Explanation['slices']['by'], string>> = {
  place: 'Slices at the same place of both lesions',
  'lesion-slice': 'Slices of the lesions that match best',
  slice: 'Whole slices that match best',
};
const pairsShown = 8;

interface WhyPanelProps {
  readonly hit: Hit;
  /** Shows a pair of slices side by side. */
  readonly jump: (pair: Explanation['slices']['pairs'][number]) => void;
  readonly map: MapState;
}

export function WhyPanel({ hit, jump, map }: WhyPanelProps) {
  const explained = useQuery(useExplanationQuery(hit.lesion));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long panel is scrolled by keyboard too
    <section className="compare-table-box why-panel" data-testid="why-panel" aria-label="Why" tabIndex={0}>
      {explained.error ? (
        <Failure error={explained.error} />
      ) : !explained.data ? (
        <Loading text="Comparing" />
      ) : (
        <>
          <div className="why-side">
            <div className="panel-label">{pairings[explained.data.slices.by]}</div>
            <div className="why-slices">
              {explained.data.slices.pairs.slice(0, pairsShown).map((pair) => (
                <Button
                  key={`${pair.query} ${pair.hit}`}
                  size="compact-xs"
                  variant="default"
                  data-testid="matched-slices"
                  onClick={() => jump(pair)}
                >
                  {pair.query + 1} ↔ {pair.hit + 1}
                  {pair.score === undefined ? '' : ` · ${fixed(pair.score, 3)}`}
                </Button>
              ))}
            </div>
            <div className="panel-label">Where the likeness lies</div>
            <Switch
              size="xs"
              label="Map over both lesions"
              data-testid="similarity-toggle"
              checked={map.shown}
              onChange={(event) => map.show(event.currentTarget.checked)}
            />
            <MapNote map={map} jump={jump} />
          </div>
          <Measurements explained={explained.data} hit={hit} />
        </>
      )}
    </section>
  );
}

function MapNote({ map, jump }: Pick<WhyPanelProps, 'map' | 'jump'>) {
  if (!map.shown) return null;
  if (map.loading)
    return (
      <p className="dim why-busy">
        <Loader size={11} color="cyan" /> Hiding one part after the other…
      </p>
    );
  if (map.error) return <p className="dim">{PrecedentError.from(map.error).message}</p>;
  const { data } = map;
  if (!data) return null;
  return (
    <p className="dim" data-testid="similarity-note">
      Warm: hiding it makes the lesions less alike; cold: more. Middle slices,{' '}
      <button
        type="button"
        className="text-button"
        onClick={() => jump({ query: data.query.slice, hit: data.hit.slice })}
      >
        {data.query.slice + 1} ↔ {data.hit.slice + 1}
      </button>
      .
    </p>
  );
}

function Measurements({ explained, hit }: { explained: Explanation; hit: Hit }) {
  return (
    <table className="why-table">
      <thead>
        <tr>
          <th aria-label="What" />
          <th style={{ color: colors.query }}>Query</th>
          <th style={{ color: colors.hit }}>Hit {hit.rank}</th>
          <th
            title={`Share of the pairs among ${explained.sample} lesions of this library whose difference is smaller`}
          >
            Pairs that differ less
          </th>
        </tr>
      </thead>
      <tbody>
        {explained.measures.map((measure) => (
          <tr key={measure.name} data-large={measure.large || undefined}>
            <th scope="row">{measure.title}</th>
            <td>{measureText(measure.query, measure.unit)}</td>
            <td>{measureText(measure.hit, measure.unit)}</td>
            <td>
              {differenceText(measure)}
              {measure.large ? ' · large difference' : ''}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
