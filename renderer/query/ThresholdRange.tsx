/** Takes the densities out of the marked lesion that do not belong to it; what would stay is drawn while the range is moved. */
import { Button, Group, RangeSlider } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { minus } from '../ui/format.ts';
import { editProposal, type Proposal } from '../ui/store.ts';
import type { Mask } from '../viewer/contours.ts';
import { boxDims } from '../viewer/grid.ts';
import { useArrival, useOpenVoxels } from '../viewer/useVoxels.ts';
import type { Voxels } from '../viewer/voxels.ts';
import { voxelCount } from './maskEdit.ts';
import { useMaskPreview } from './maskPreview.ts';
import { type HuRange, rangeIn, withinRange } from './maskRepair.ts';

export function ThresholdRange({ proposal, onDone }: { proposal: Proposal; onDone: () => void }) {
  const voxels = useOpenVoxels((s) => s.voxels);
  useArrival(voxels);
  const { mask, volume } = proposal;
  const ready = voxels !== null && voxels.volume === volume.id && loadedFor(voxels, mask);
  return ready ? (
    <Range mask={mask} voxels={voxels} onDone={onDone} />
  ) : (
    <p className="panel-note">The slices of the lesion are still being read.</p>
  );
}

function Range({ mask, voxels, onDone }: { mask: Mask; voxels: Voxels; onDone: () => void }) {
  const hu = useMemo(() => densities(mask, voxels), [mask, voxels]);
  const whole = useMemo(() => rangeIn(mask, hu), [mask, hu]);
  const [range, setRange] = useState<HuRange>(whole);
  const kept = useMemo(() => withinRange(mask, hu, range), [mask, hu, range]);
  useEffect(() => {
    useMaskPreview.setState({ mask: kept });
    return () => useMaskPreview.setState({ mask: null });
  }, [kept]);
  // Rounded down: 100% says that nothing is left out.
  const share = kept ? voxelCount(kept) / voxelCount(mask) : 0;
  return (
    <fieldset
      className="threshold"
      aria-label="Densities to keep"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onDone();
      }}
    >
      <div className="threshold-line">
        <span className="dim">Keep</span>
        <span className="number" data-testid="threshold-range">
          {minus(range.low)} to {minus(range.high)} HU
        </span>
        <span className="dim number" data-testid="threshold-share">
          {kept ? `${Math.floor(100 * share)}%` : 'nothing left'}
        </span>
      </div>
      <RangeSlider
        size="xs"
        min={whole.low}
        max={Math.max(whole.low + 1, whole.high)}
        minRange={0}
        label={null}
        thumbFromLabel="Lowest density in HU"
        thumbToLabel="Highest density in HU"
        value={[range.low, range.high]}
        onChange={([low, high]) => setRange({ low, high })}
      />
      <Group gap={4} wrap="nowrap" className="tight-buttons">
        <Button
          size="compact-xs"
          disabled={!kept}
          onClick={() => {
            editProposal(kept);
            onDone();
          }}
        >
          Keep these
        </Button>
        <Button size="compact-xs" variant="default" onClick={onDone}>
          Cancel
        </Button>
      </Group>
    </fieldset>
  );
}

function loadedFor({ loaded }: Voxels, { box }: Mask): boolean {
  return loaded.subarray(box[2], box[5] + 1).every((slice) => slice === 1);
}

/** HU of every voxel of the mask's box, in the order of its bits. */
function densities({ box }: Mask, { data, grid }: Voxels): Int16Array | Float32Array {
  const [ni, nj, nk] = boxDims(box);
  const hu = data instanceof Int16Array ? new Int16Array(ni * nj * nk) : new Float32Array(ni * nj * nk);
  for (let k = 0, to = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++, to += ni) {
      const from = box[0] + grid.dims[0] * (box[1] + j + grid.dims[1] * (box[2] + k));
      hu.set(data.subarray(from, from + ni), to);
    }
  }
  return hu;
}
