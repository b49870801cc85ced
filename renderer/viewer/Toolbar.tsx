/** Tools, windows and Find similar, with their keys. */
import { ActionIcon, Button, Loader, Menu, Tooltip } from '@mantine/core';
import {
  IconBrush,
  IconChartDots,
  IconCheck,
  IconChevronDown,
  IconCircleDotted,
  IconCircleHalf2,
  IconContrast2,
  IconCrosshair,
  IconHandStop,
  IconKeyboard,
  IconLasso,
  IconLayoutGrid,
  IconLineDashed,
  IconLink,
  IconLinkOff,
  IconOvalVertical,
  IconRefresh,
  IconSearch,
  IconSettings,
  IconSquare,
  IconVector,
  IconVectorOff,
  IconZoomIn,
} from '@tabler/icons-react';
import { useIsMutating } from '@tanstack/react-query';
import type { ComponentType } from 'react';
import { resetShown } from '../compare/linked.ts';
import { MeasureMenu } from '../measure/MeasureMenu.tsx';
import { proposeKey } from '../query/useProposal.ts';
import {
  activeWindow,
  chosenProposal,
  findSimilar,
  selectTool,
  setLinked,
  setWindow,
  type Tool,
  useView,
} from '../ui/store.ts';
import { useLate } from '../ui/useLate.ts';
import { setAutoWindow } from './autoWindow.ts';
import { chooseLayout } from './hang.ts';
import { layoutNames, layouts, slabsMm } from './layouts.ts';
import { useShownKey } from './ownKeys.ts';
import { alignOnLesions, toggleSlab } from './paneActions.ts';
import { presetOf, windowPresets } from './presets.ts';
import { ReadingTools } from './ReadingTools.tsx';

interface ToolButton {
  readonly tool: Tool;
  readonly name: string;
  readonly Icon: ComponentType<{ size?: number }>;
}

const tools: readonly (readonly ToolButton[])[] = [
  [
    { tool: 'crosshair', name: 'Crosshair', Icon: IconCrosshair },
    { tool: 'window', name: 'Window', Icon: IconContrast2 },
    { tool: 'pan', name: 'Pan', Icon: IconHandStop },
    { tool: 'zoom', name: 'Zoom', Icon: IconZoomIn },
  ],
  [
    { tool: 'ellipse', name: 'Ellipse', Icon: IconOvalVertical },
    { tool: 'rectangle', name: 'Rectangle', Icon: IconSquare },
    { tool: 'freehand', name: 'Freehand', Icon: IconLasso },
    { tool: 'sphere', name: 'Sphere', Icon: IconCircleDotted },
  ],
  [{ tool: 'brush', name: 'Brush', Icon: IconBrush }],
];

export function Toolbar() {
  const tool = useView((s) => s.tool);
  const row = useView((s) => s.row);
  const outlines = useView((s) => s.outlines);
  const inverted = useView((s) => s.inverted);
  const linked = useView((s) => s.linked);
  const referenceLines = useView((s) => s.referenceLines);
  const hasProposal = useView((s) => s.proposal !== null);
  const findable = useView((s) => {
    const proposal = chosenProposal(s);
    return proposal ? proposal.measurements !== null : s.lesion !== null;
  });
  const keyOf = useShownKey();
  const identityHidden = useView((s) => s.identityHidden);
  const growing = useLate(useIsMutating({ mutationKey: proposeKey }) > 0);
  return (
    <div className="toolbar" role="toolbar" aria-label="Tools">
      <span className="brand">Precedent</span>
      {tools.map((group) => (
        <div key={group[0].tool} className="tool-group">
          {group.map(({ tool: name, name: title, Icon }) => (
            <Tooltip key={name} label={`${title} (${keyOf(name)})`} openDelay={400}>
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
      <ReadingTools />
      <div className="tool-group">
        <PresetMenu />
        <LayoutMenu />
        <Tooltip
          label={`${linked ? 'Panes move together' : 'Panes move alone'} (${keyOf('link')})`}
          openDelay={400}
        >
          <ActionIcon
            size="md"
            variant={linked ? 'light' : 'subtle'}
            color={linked ? 'cyan' : 'gray'}
            aria-label="Panes move together"
            aria-pressed={linked}
            data-testid="link-panes"
            onClick={() => setLinked(!linked)}
          >
            {linked ? <IconLink size={17} /> : <IconLinkOff size={17} />}
          </ActionIcon>
        </Tooltip>
        <Tooltip label={`Lines where panes cut each other (${keyOf('referenceLines')})`} openDelay={400}>
          <ActionIcon
            size="md"
            variant={referenceLines ? 'light' : 'subtle'}
            color={referenceLines ? 'cyan' : 'gray'}
            aria-label="Reference lines"
            aria-pressed={referenceLines}
            data-testid="reference-lines"
            onClick={() => useView.setState({ referenceLines: !referenceLines })}
          >
            <IconLineDashed size={17} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={`Reset zoom and position (${keyOf('reset')})`} openDelay={400}>
          <ActionIcon
            size="md"
            variant="subtle"
            color="gray"
            aria-label="Reset zoom and position"
            disabled={!row}
            onClick={resetShown}
          >
            <IconRefresh size={17} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={`Invert the greys (${keyOf('invert')})`} openDelay={400}>
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
        <Tooltip label={`Outlines (${keyOf('outlines')})`} openDelay={400}>
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
        {identityHidden && (
          <span data-testid="identity-hidden">Identities hidden ({keyOf('hideIdentity')}) </span>
        )}
        {growing ? (
          <>
            <Loader size={11} color="cyan" /> Growing the lesion…
          </>
        ) : null}
      </span>
      <span className="spacer" />
      <Tooltip
        label={
          findable
            ? `Find similar lesions (${keyOf('find')})`
            : 'Mark a lesion, or choose one in the library, first'
        }
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
          Find similar <kbd>{keyOf('find')}</kbd>
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

function LayoutMenu() {
  const layout = useView((s) => (s.maximised ? null : s.layout));
  const slabMm = useView((s) => s.panes[s.activePane]?.slabMm ?? null);
  const seriesStrip = useView((s) => s.seriesStrip);
  const keyOf = useShownKey();
  return (
    <Menu position="bottom-start" shadow="md" withinPortal>
      <Menu.Target>
        <ActionIcon size="md" variant="subtle" color="gray" aria-label="Layout" data-testid="layout-menu">
          <IconLayoutGrid size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {layoutNames.map((name) => (
          <Menu.Item
            key={name}
            rightSection={name === layout ? <IconCheck size={13} /> : null}
            onClick={() => chooseLayout(name)}
          >
            {layouts[name].title}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item rightSection={<kbd>{keyOf('slab')}</kbd>} onClick={toggleSlab}>
          {slabMm === null ? `Maximum intensity, ${slabsMm.usual} mm` : 'Single slices'}
        </Menu.Item>
        <Menu.Item rightSection={<kbd>{keyOf('alignLesions')}</kbd>} onClick={() => void alignOnLesions()}>
          Bring the panes to the same lesion
        </Menu.Item>
        <Menu.Item
          rightSection={<kbd>{keyOf('seriesStrip')}</kbd>}
          onClick={() => useView.setState({ seriesStrip: !seriesStrip })}
        >
          {seriesStrip ? "Hide the patient's series" : "Show the patient's series"}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function PresetMenu() {
  const window = useView(activeWindow);
  const preset = presetOf(window);
  const keyOf = useShownKey();
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
        <Menu.Item rightSection={<kbd>{keyOf('autoWindow')}</kbd>} onClick={setAutoWindow}>
          Auto <span className="dim"> from the slice</span>
        </Menu.Item>
        {windowPresets.map((row) => (
          <Menu.Item
            key={row.name}
            rightSection={<kbd>{keyOf(`preset ${row.name}`)}</kbd>}
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
