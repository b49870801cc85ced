/** Over a hit's whole study: what it is, and the way back to the comparison. */
import { Button } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { goBack, usePlaceToReturn } from './returnTo.ts';
import './compare.css';

export function ReturnBar() {
  const place = usePlaceToReturn();
  if (!place) return null;
  return (
    <header className="compare-head return-bar" data-testid="return-bar">
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        leftSection={<IconArrowLeft size={13} />}
        onClick={goBack}
      >
        Back to the comparison <kbd>Esc</kbd>
      </Button>
      <span className="compare-title">{place.title}</span>
    </header>
  );
}
