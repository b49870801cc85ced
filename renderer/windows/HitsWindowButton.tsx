/** Beside the hits: moves them to a window of their own, and back. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconAppWindow } from '@tabler/icons-react';
import { useShownKey } from '../viewer/ownKeys.ts';
import { toggleHitsWindow } from './hitsWindow.ts';
import { useWindows } from './state.ts';

export function HitsWindowButton() {
  const open = useWindows((s) => s.apart);
  const keyOf = useShownKey();
  const label = open ? 'Hits back in the first window' : 'Hits in a second window';
  return (
    <Tooltip label={`${label} (${keyOf('hitsWindow')})`}>
      <ActionIcon
        size="sm"
        variant="default"
        aria-label="Hits in a second window"
        aria-pressed={open}
        data-testid="hits-window"
        onClick={toggleHitsWindow}
      >
        <IconAppWindow size={14} />
      </ActionIcon>
    </Tooltip>
  );
}
