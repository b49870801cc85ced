/** Said where the pictures would be, when the machine offers no WebGL 2. */
import { Button } from '@mantine/core';
import { Empty } from '../ui/Empty.tsx';
import { useView } from '../ui/store.ts';

export function NoWebgl() {
  return (
    <div className="viewer-empty">
      <Empty
        title="No WebGL 2 on this machine"
        text="The graphics driver offers no WebGL 2, which the viewer uses to draw. Pictures can be drawn on the CPU instead: the same voxels and windows, scrolled more slowly."
      >
        <Button size="xs" onClick={() => useView.setState({ cpuRendering: true })}>
          Draw on the CPU
        </Button>
      </Empty>
    </div>
  );
}
