/** How the hits are laid out, and what can be taken away of them. */
import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { IconArrowsSort, IconLayoutGrid, IconLayoutList } from '@tabler/icons-react';
import type { Hit } from '../../native/contract/model.ts';
import { TakeAwayMenu } from '../takeaway/TakeAwayMenu.tsx';
import { count } from '../ui/format.ts';
import { byImportance } from '../ui/labels.ts';
import { type Order, orders, toggleLayout, useResults } from './results.ts';

export function ResultsBar({ hits }: { hits: readonly Hit[] }) {
  const { layout, hidden } = useResults();
  const grid = layout === 'grid';
  return (
    <div className="results-bar">
      {hidden.length > 0 && (
        <Tooltip label={`${count(hidden.length, 'patient')} hidden`}>
          <Button
            size="compact-xs"
            variant="default"
            data-testid="show-hidden"
            onClick={() => useResults.setState({ hidden: [] })}
          >
            Show {hidden.length}
          </Button>
        </Tooltip>
      )}
      <OrderMenu hits={hits} />
      <Tooltip label={grid ? 'Strip (U)' : 'Grid (U)'}>
        <ActionIcon
          size="sm"
          variant="default"
          aria-label="Hits in a grid"
          aria-pressed={grid}
          data-testid="layout-toggle"
          onClick={toggleLayout}
        >
          {grid ? <IconLayoutList size={14} /> : <IconLayoutGrid size={14} />}
        </ActionIcon>
      </Tooltip>
      <TakeAwayMenu />
    </div>
  );
}

function OrderMenu({ hits }: { hits: readonly Hit[] }) {
  const { order, group } = useResults();
  const labels = byImportance([...new Set(['diagnosis', ...hits.flatMap((hit) => Object.keys(hit.labels))])]);
  return (
    <Menu position="top-end" withinPortal>
      <Menu.Target>
        <Tooltip label="Sort and group">
          <ActionIcon
            size="sm"
            variant={order === 'rank' && group === null ? 'default' : 'light'}
            aria-label="Sort and group the hits"
            data-testid="order-menu"
          >
            <IconArrowsSort size={14} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: 'auto' }}>
        <Menu.Label>Sort by</Menu.Label>
        {(Object.keys(orders) as Order[]).map((name) => (
          <Choice
            key={name}
            chosen={order === name}
            title={orders[name].title}
            choose={() => useResults.setState({ order: name })}
          />
        ))}
        <Menu.Label>Group by</Menu.Label>
        <Choice chosen={group === null} title="Nothing" choose={() => useResults.setState({ group: null })} />
        {labels.map((label) => (
          <Choice
            key={label}
            chosen={group === label}
            title={label}
            choose={() => useResults.setState({ group: label })}
          />
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Choice({ chosen, title, choose }: { chosen: boolean; title: string; choose: () => void }) {
  return (
    <Menu.Item role="menuitemradio" aria-checked={chosen} onClick={choose} fw={chosen ? 650 : undefined}>
      {title}
    </Menu.Item>
  );
}
