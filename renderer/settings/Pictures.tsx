/** How pictures are drawn: by what, and whether the processor does it instead. */
import { Switch } from '@mantine/core';
import { useView } from '../ui/store.ts';
import { graphics, hasWebgl } from '../viewer/cornerstone.ts';

export function Pictures() {
  const cpu = useView((s) => s.cpuRendering);
  const webgl = hasWebgl();
  const adapter = graphics();
  return (
    <section>
      <div className="panel-label">Pictures</div>
      <p className="dim">
        {webgl
          ? `WebGL 2: ${adapter.name}${adapter.software ? ' (software, slower)' : ''}`
          : 'No WebGL 2 on this machine'}
      </p>
      <Switch
        size="xs"
        label="Draw on the CPU"
        checked={cpu}
        onChange={(event) => useView.setState({ cpuRendering: event.currentTarget.checked })}
      />
    </section>
  );
}
