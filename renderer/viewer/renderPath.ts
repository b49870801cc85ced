/** Which renderer this window uses: WebGL where it exists, the CPU where the user chose it, none until then. */
import { useView } from '../ui/store.ts';
import { hasWebgl } from './cornerstone.ts';

export type RenderPath = 'webgl' | 'cpu' | 'none';

export function useRenderPath(): RenderPath {
  const cpu = useView((s) => s.cpuRendering);
  if (cpu) return 'cpu';
  return hasWebgl() ? 'webgl' : 'none';
}
