/** Under the pictures: measurements of query and hits, why the active hit is one, or its report. */
import { ActionIcon, SegmentedControl, Tooltip } from '@mantine/core';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import type { Hit } from '../../native/contract/model.ts';
import type { Subject } from '../ui/store.ts';
import { CompareTable } from './CompareTable.tsx';
import { jumpToPair } from './jumpToPair.ts';
import { ReportPanel } from './ReportPanel.tsx';
import { type CompareSetup, comparePanels, useSetup } from './setup.ts';
import type { MapState } from './useMap.ts';
import { WhyPanel } from './WhyPanel.tsx';

const titles: Readonly<Record<CompareSetup['panel'], string>> = {
  measurements: 'Measurements',
  why: 'Why',
  report: 'Report',
};

interface PanelsProps {
  readonly subject: Subject | null;
  readonly hits: readonly { readonly hit: Hit; readonly name: string }[];
  readonly active: Hit;
  /** Whether there is a query that a hit can be explained by. */
  readonly explains: boolean;
  readonly map: MapState;
}

export function Panels({ subject, hits, active, explains, map }: PanelsProps) {
  const { panel: chosen, folded } = useSetup();
  const offered = comparePanels.filter((panel) => explains || panel !== 'why');
  const shown = offered.find((panel) => panel === chosen) ?? 'measurements';
  const name = hits.find(({ hit }) => hit === active)?.name ?? '';
  const of = hits.length > 1 && shown !== 'measurements' ? name : '';
  return (
    <div className="compare-foot" data-folded={folded || undefined}>
      <div className="compare-tabs">
        <SegmentedControl
          size="xs"
          aria-label="What is shown under the pictures"
          data-testid="compare-panel"
          value={shown}
          onChange={(value) =>
            useSetup.setState({ panel: offered.find((one) => one === value) ?? shown, folded: false })
          }
          data={offered.map((panel) => ({ value: panel, label: titles[panel] }))}
        />
        <span className="dim">{folded ? '' : of}</span>
        <span className="spacer" />
        <Tooltip label={folded ? 'Show it again' : 'Leave its room to the pictures'}>
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label="Fold what is shown under the pictures"
            aria-expanded={!folded}
            data-testid="compare-fold"
            onClick={() => useSetup.setState({ folded: !folded })}
          >
            {folded ? <IconChevronUp size={14} /> : <IconChevronDown size={14} />}
          </ActionIcon>
        </Tooltip>
      </div>
      {folded ? null : shown === 'why' ? (
        <WhyPanel hit={active} jump={(pair) => jumpToPair(active, pair)} map={map} />
      ) : (
        <section
          className="compare-table-box"
          aria-label={shown === 'report' ? 'Report' : 'Measurements'}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a long table is scrolled by keyboard too
          tabIndex={0}
        >
          {shown === 'report' ? (
            <ReportPanel hit={active} name={name} />
          ) : (
            <CompareTable subject={subject} hits={hits} active={active.lesion} />
          )}
        </section>
      )}
    </div>
  );
}
