/** How the hits are laid out, and what can be taken away of them. */
import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { IconArrowsSort, IconColumns3, IconLayoutGrid, IconLayoutList } from '@tabler/icons-react';
import { planes } from '../../native/contract/mark.ts';
import type { Hit } from '../../native/contract/model.ts';
import { TakeAwayMenu } from '../takeaway/TakeAwayMenu.tsx';
import { count } from '../ui/format.ts';
import { byImportance } from '../ui/labels.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import { HitsWindowButton } from '../windows/HitsWindowButton.tsx';
import { toggleColumns, useColumns } from './columns/columnsStore.ts';
import { type Order, orders, toggleLayout, useResults } from './results.ts';

export function ResultsBar({ hits }: { hits: readonly Hit[] }) {
  const { layout, hidden } = useResults();
  const grid = layout === 'grid';
  const columns = useColumns((s) => s.open);
  const keyOf = useShownKey();
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
      <Tooltip label={`Hits of all methods side by side (${keyOf('methodColumns')})`}>
        <ActionIcon
          size="sm"
          variant="default"
          aria-label="Hits of all methods side by side"
          aria-pressed={columns}
          data-testid="columns-toggle"
          onClick={toggleColumns}
        >
          <IconColumns3 size={14} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={`${grid ? 'Strip' : 'Grid'} (${keyOf('layoutHits')})`}>
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
      <HitsWindowButton />
      <TakeAwayMenu />
    </div>
  );
}

function OrderMenu({ hits }: { hits: readonly Hit[] }) {
  const { order, group, plane } = useResults();
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
          <Menu.RadioItem
            key={name}
            value={name}
            checked={order === name}
            closeMenuOnClick
            onChange={() => useResults.setState({ order: name })}
          >
            {orders[name].title}
          </Menu.RadioItem>
        ))}
        <Menu.Label>Pictures</Menu.Label>
        {[null, ...planes].map((one) => (
          <Menu.RadioItem
            key={one ?? ''}
            value={one ?? ''}
            checked={plane === one}
            closeMenuOnClick
            onChange={() => useResults.setState({ plane: one })}
          >
            {one === null ? 'In the plane of the query' : `${one.charAt(0).toUpperCase()}${one.slice(1)}`}
          </Menu.RadioItem>
        ))}
        <Menu.Label>Group by</Menu.Label>
        {[null, ...labels].map((label) => (
          <Menu.RadioItem
            key={label ?? ''}
            value={label ?? ''}
            checked={group === label}
            closeMenuOnClick
            onChange={() => useResults.setState({ group: label })}
          >
            {label ?? 'Nothing'}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
