/** Beside the comparison's other ways to look: slices or surfaces. */
import { Button } from '@mantine/core';
import { useView } from '../ui/store.ts';
import { useShownKey } from '../viewer/ownKeys.ts';

export function SurfaceButton() {
  const surface = useView((s) => s.surface);
  const keyOf = useShownKey();
  return (
    <Button
      size="compact-xs"
      variant={surface ? 'filled' : 'default'}
      aria-pressed={surface}
      title={`Surfaces of lesion and organ (${keyOf('surface')})`}
      data-testid="surface-toggle"
      onClick={() => useView.setState({ surface: !surface })}
    >
      3D
    </Button>
  );
}
