/** How much memory pictures may take, and how much they take now. */
import { Select } from '@mantine/core';
import { useEffect, useState } from 'react';
import { memory as size } from '../ui/format.ts';
import { budgetChoices, chooseBudget, useVoxelBudget, usualBudget } from '../viewer/voxelBudget.ts';
import { type Held, voxelStore } from '../viewer/voxelStore.ts';

/** How often the figures are looked at while they are in sight, in ms. */
const lookMs = 500;
const usual = 'usual';

export function Memory() {
  const { memory, chosen } = useVoxelBudget();
  const held = useHeld();
  if (memory === null) return null;
  const sizes = [...new Set([...budgetChoices(memory), ...(chosen === null ? [] : [chosen])])].sort(
    (a, b) => a - b,
  );
  return (
    <section>
      <div className="panel-label">Memory</div>
      <p className="dim">
        For the voxels of pictures. Beyond it, studies that are not shown are let go, the longest unused
        first.
      </p>
      <Select
        size="xs"
        w={320}
        allowDeselect={false}
        aria-label="Memory for the voxels of pictures"
        data={[
          { value: usual, label: `A quarter of this machine's memory (${size(usualBudget(memory))})` },
          ...sizes.map((bytes) => ({ value: String(bytes), label: size(bytes) })),
        ]}
        value={chosen === null ? usual : String(chosen)}
        onChange={(value) => chooseBudget(value === null || value === usual ? null : Number(value))}
      />
      <p
        className="dim"
        data-volatile
        data-testid="memory-held"
        data-shown={held.shown}
        data-kept={held.kept}
      >
        Now {size(held.shown)} shown, {size(held.kept)} kept for going back
      </p>
    </section>
  );
}

function useHeld(): Held {
  const [held, setHeld] = useState(voxelStore.held);
  useEffect(() => {
    const timer = setInterval(() => setHeld(voxelStore.held), lookMs);
    return () => clearInterval(timer);
  }, []);
  return held;
}
