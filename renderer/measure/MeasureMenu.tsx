/** The measuring tools in the toolbar. */
import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { IconRuler2 } from '@tabler/icons-react';
import { annotationKinds } from '../../native/contract/annotations.ts';
import { selectTool, useView } from '../ui/store.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import { kinds, measuredKind, measureTool } from './kinds.ts';

export function MeasureMenu() {
  const keyOf = useShownKey();
  const kind = useView((s) => measuredKind(s.tool));
  const row = useView((s) => s.row);
  return (
    <Menu position="bottom-start" shadow="md" withinPortal>
      <Menu.Target>
        <Tooltip
          label={kind ? `Measure: ${kinds[kind].name}` : `Measure (${keyOf('measure length')}: length)`}
          openDelay={400}
        >
          <ActionIcon
            size="md"
            variant={kind ? 'filled' : 'subtle'}
            color={kind ? 'cyan' : 'gray'}
            aria-label={kind ? `Measure: ${kinds[kind].name}` : 'Measure'}
            data-testid="measure-menu"
            disabled={!row}
          >
            <IconRuler2 size={17} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {annotationKinds.map((each) => (
          <Menu.Item
            key={each}
            data-testid={`tool-${measureTool(each)}`}
            rightSection={keyOf(`measure ${each}`) && <kbd>{keyOf(`measure ${each}`)}</kbd>}
            onClick={() => selectTool(measureTool(each))}
          >
            {kinds[each].name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
