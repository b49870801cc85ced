/** Everything that corrects a marked lesion: brush and eraser, parts, a threshold, grow and shrink, the box, undo. */
import { ActionIcon, Button, Checkbox, Group, SegmentedControl, Slider, Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react';
import { useDeferredValue, useMemo, useState } from 'react';
import { fixed } from '../ui/format.ts';
import { editProposal, type Proposal, redoEdit, selectTool, undoEdit, useView } from '../ui/store.ts';
import type { Mask } from '../viewer/contours.ts';
import { type Grid, gridOf } from '../viewer/grid.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import './corrections.css';
import { markBox } from './marks.ts';
import { boxMask, grow, shrink, stepMm } from './maskEdit.ts';
import { fillHoles, largestPart, partCount, smooth } from './maskRepair.ts';
import { ThresholdRange } from './ThresholdRange.tsx';

interface Correction {
  readonly name: string;
  readonly hint: string;
  readonly of: (proposal: Proposal, grid: Grid) => Mask | null;
}

const corrections: readonly Correction[] = [
  {
    name: 'Grow',
    hint: 'Adds a rim of a voxel, 1 mm at least',
    of: ({ mask }, grid) => grow(mask, stepMm(grid), grid),
  },
  {
    name: 'Shrink',
    hint: 'Takes a rim of a voxel away, 1 mm at least',
    of: ({ mask }, grid) => shrink(mask, stepMm(grid), grid),
  },
  {
    name: 'Smooth',
    hint: 'Takes spurs and dents away',
    of: ({ mask }, grid) => smooth(mask, 1.5 * stepMm(grid), grid),
  },
  {
    name: 'Fill holes',
    hint: 'Adds what the lesion encloses on all sides',
    of: ({ mask }) => fillHoles(mask),
  },
  {
    name: 'Box only',
    hint: 'Keeps the box of the mark as the lesion',
    of: ({ mark }, grid) => boxMask(markBox(mark, grid)),
  },
  { name: 'As grown', hint: 'The lesion as it was proposed', of: ({ proposed }) => proposed },
];

export function Corrections({ proposal }: { proposal: Proposal }) {
  const keyOf = useShownKey();
  const { mask } = proposal;
  const grid = gridOf(proposal.volume);
  // Counted after the lesion is painted: a large one takes longer than a picture may wait.
  const settled = useDeferredValue(mask, null);
  const parts = useMemo(() => (settled ? partCount(settled) : 1), [settled]);
  // A range is chosen for one mask: whatever else changes it ends the choice.
  const [ranging, setRanging] = useState<Mask | null>(null);
  return (
    <div className="corrections">
      <Group gap={6} wrap="nowrap">
        <BrushMode />
        <Tooltip label={`Undo (${keyOf('undo')})`}>
          <ActionIcon
            size="sm"
            variant="default"
            aria-label="Undo"
            disabled={proposal.past.length === 0}
            onClick={undoEdit}
          >
            <IconArrowBackUp size={14} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={`Redo (${keyOf('redo')})`}>
          <ActionIcon
            size="sm"
            variant="default"
            aria-label="Redo"
            disabled={proposal.future.length === 0}
            onClick={redoEdit}
          >
            <IconArrowForwardUp size={14} />
          </ActionIcon>
        </Tooltip>
      </Group>
      <BrushSize />
      <div className="correction-buttons">
        {corrections.map(({ name, hint, of }) => (
          <Tooltip key={name} label={hint} openDelay={400}>
            <Button
              size="compact-xs"
              variant="default"
              disabled={name === 'As grown' && mask === proposal.proposed}
              onClick={() => editProposal(of(proposal, grid))}
            >
              {name}
            </Button>
          </Tooltip>
        ))}
        <Tooltip label="Keeps a range of densities" openDelay={400}>
          <Button
            size="compact-xs"
            variant={ranging === mask ? 'light' : 'default'}
            aria-expanded={ranging === mask}
            onClick={() => setRanging(ranging === mask ? null : mask)}
          >
            Threshold
          </Button>
        </Tooltip>
        <Tooltip label="Drops all but the largest of its parts" openDelay={400}>
          <Button
            size="compact-xs"
            variant="default"
            disabled={parts < 2}
            onClick={() => editProposal(largestPart(mask))}
          >
            Largest part
          </Button>
        </Tooltip>
        <span className="dim part-count" data-testid="part-count">
          {parts === 1 ? '1 part' : `${parts} parts`}
        </span>
      </div>
      {ranging === mask && <ThresholdRange proposal={proposal} onDone={() => setRanging(null)} />}
    </div>
  );
}

function BrushMode() {
  const tool = useView((s) => s.tool);
  const brush = useView((s) => s.brush);
  return (
    <SegmentedControl
      size="xs"
      fullWidth
      flex={1}
      aria-label="Brush"
      data={[
        { value: 'off', label: 'Off' },
        { value: 'add', label: 'Add' },
        { value: 'erase', label: 'Erase' },
        { value: 'part', label: 'Cut part' },
      ]}
      value={tool === 'part' ? 'part' : tool !== 'brush' ? 'off' : brush.erase ? 'erase' : 'add'}
      onChange={(value) => {
        selectTool(value === 'off' ? 'crosshair' : value === 'part' ? 'part' : 'brush');
        if (value === 'add' || value === 'erase')
          useView.setState({ brush: { ...brush, erase: value === 'erase' } });
      }}
    />
  );
}

function BrushSize() {
  const brush = useView((s) => s.brush);
  return (
    <div className="brush-row">
      <span className="dim">Brush</span>
      <Slider
        size="xs"
        flex={1}
        min={0.5}
        max={20}
        step={0.5}
        label={null}
        thumbLabel="Brush radius in mm"
        value={brush.radiusMm}
        onChange={(radiusMm) => useView.setState({ brush: { ...brush, radiusMm } })}
      />
      <span className="number">{fixed(brush.radiusMm, 1)} mm</span>
      <Checkbox
        size="xs"
        label="3D"
        checked={brush.ball}
        onChange={(event) => useView.setState({ brush: { ...brush, ball: event.currentTarget.checked } })}
      />
    </div>
  );
}
