/** Tools, windows and Find similar, with their keys. */
import { ActionIcon, Button, Loader, Menu, Tooltip } from '@mantine/core';
import {
  IconBrush,
  IconChartDots,
  IconChevronDown,
  IconCircleDotted,
  IconCircleHalf2,
  IconContrast2,
  IconCrosshair,
  IconKeyboard,
  IconLasso,
  IconOvalVertical,
  IconRefresh,
  IconSearch,
  IconSettings,
  IconSquare,
  IconVector,
  IconVectorOff,
} from '@tabler/icons-react';
import { useIsMutating } from '@tanstack/react-query';
import type { ComponentType } from 'react';
import { MeasureMenu } from '../measure/MeasureMenu.tsx';
import { proposeKey } from '../query/useProposal.ts';
import {
  chosenProposal,
  findSimilar,
  resetPanes,
  selectTool,
  setWindow,
  type Tool,
  useView,
} from '../ui/store.ts';
import { useLate } from '../ui/useLate.ts';
import { presetOf, windowPresets } from './presets.ts';

interface ToolButton {
  readonly tool: Tool;
  readonly name: string;
  readonly key: string;
  readonly Icon: ComponentType<{ size?: number }>;
}

const tools: readonly (readonly ToolButton[])[] = [
  [
    { tool: 'crosshair', name: 'Crosshair', key: 'X', Icon: IconCrosshair },
    { tool: 'window', name: 'Window', key: 'W', Icon: IconContrast2 },
  ],
  [
    { tool: 'ellipse', name: 'Ellipse', key: 'E', Icon: IconOvalVertical },
    { tool: 'rectangle', name: 'Rectangle', key: 'B', Icon: IconSquare },
    { tool: 'freehand', name: 'Freehand', key: 'D', Icon: IconLasso },
    { tool: 'sphere', name: 'Sphere', key: 'S', Icon: IconCircleDotted },
  ],
  [{ tool: 'brush', name: 'Brush', key: 'P', Icon: IconBrush }],
];

export function Toolbar() {
  const tool = useView((s) => s.tool);
  const row = useView((s) => s.row);
  const outlines = useView((s) => s.outlines);
  const inverted = useView((s) => s.inverted);
  const hasProposal = useView((s) => s.proposal !== null);
  const findable = useView((s) => {
    const proposal = chosenProposal(s);
    return proposal ? proposal.measurements !== null : s.lesion !== null;
  });
  const growing = useLate(useIsMutating({ mutationKey: proposeKey }) > 0);
  return (
    <div className="toolbar" role="toolbar" aria-label="Tools">
      <span className="brand">Precedent</span>
      {tools.map((group) => (
        <div key={group[0].tool} className="tool-group">
          {group.map(({ tool: name, name: title, key, Icon }) => (
            <Tooltip key={name} label={`${title} (${key})`} openDelay={400}>
              <ActionIcon
                size="md"
                variant={tool === name ? 'filled' : 'subtle'}
                color={tool === name ? 'cyan' : 'gray'}
                aria-label={title}
                aria-pressed={tool === name}
                data-testid={`tool-${name}`}
                disabled={!row || (name === 'brush' && !hasProposal)}
                onClick={() => selectTool(name)}
              >
                <Icon size={17} />
              </ActionIcon>
            </Tooltip>
          ))}
        </div>
      ))}
      <div className="tool-group">
        <MeasureMenu />
      </div>
      <div className="tool-group">
        <PresetMenu />
        <Tooltip label="Reset zoom and position (R)" openDelay={400}>
          <ActionIcon
            size="md"
            variant="subtle"
            color="gray"
            aria-label="Reset zoom and position"
            disabled={!row}
            onClick={resetPanes}
          >
            <IconRefresh size={17} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Invert the greys (I)" openDelay={400}>
          <ActionIcon
            size="md"
            variant={inverted ? 'light' : 'subtle'}
            color={inverted ? 'cyan' : 'gray'}
            aria-label="Invert the greys"
            aria-pressed={inverted}
            data-testid="invert"
            disabled={!row}
            onClick={() => useView.setState({ inverted: !inverted })}
          >
            <IconCircleHalf2 size={17} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Outlines (O)" openDelay={400}>
          <ActionIcon
            size="md"
            variant="subtle"
            color="gray"
            aria-label="Outlines"
            aria-pressed={outlines}
            onClick={() => useView.setState({ outlines: !outlines })}
          >
            {outlines ? <IconVector size={17} /> : <IconVectorOff size={17} />}
          </ActionIcon>
        </Tooltip>
      </div>
      <span className="toolbar-note" role="status">
        {growing ? (
          <>
            <Loader size={11} color="cyan" /> Growing the lesion…
          </>
        ) : null}
      </span>
      <span className="spacer" />
      <Tooltip
        label={findable ? 'Find similar lesions (F)' : 'Mark a lesion, or choose one in the library, first'}
        openDelay={400}
      >
        <Button
          size="compact-sm"
          color="cyan"
          autoContrast
          data-testid="find-similar"
          leftSection={<IconSearch size={14} />}
          disabled={!findable}
          onClick={findSimilar}
        >
          Find similar <kbd>F</kbd>
        </Button>
      </Tooltip>
      <Tooltip label="How far hits can be trusted" openDelay={400}>
        <ActionIcon
          size="md"
          variant="subtle"
          color="gray"
          aria-label="Evaluate this library"
          data-testid="evaluate"
          onClick={() => useView.setState({ dialog: 'evaluation' })}
        >
          <IconChartDots size={17} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Keys (?)" openDelay={400}>
        <ActionIcon
          size="md"
          variant="subtle"
          color="gray"
          aria-label="Keys"
          onClick={() => useView.setState({ dialog: 'help' })}
        >
          <IconKeyboard size={17} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Settings" openDelay={400}>
        <ActionIcon
          size="md"
          variant="subtle"
          color="gray"
          aria-label="Settings"
          onClick={() => useView.setState({ dialog: 'settings' })}
        >
          <IconSettings size={17} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function PresetMenu() {
  const window = useView((s) => s.window);
  const preset = presetOf(window);
  return (
    <Menu position="bottom-start" shadow="md" withinPortal>
      <Menu.Target>
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          className="preset-button"
          data-testid="window-presets"
          aria-label={`Window: ${preset?.name ?? 'own'}`}
          rightSection={<IconChevronDown size={12} />}
        >
          {preset?.name ?? 'Own window'}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {windowPresets.map((row) => (
          <Menu.Item
            key={row.key}
            rightSection={<kbd>{row.key}</kbd>}
            onClick={() => setWindow({ width: row.width, center: row.center })}
          >
            {row.name}
            <span className="dim">
              {' '}
              {row.width} / {row.center}
            </span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
