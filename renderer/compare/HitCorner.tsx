/** Beside a hit's picture: keep it while the others step, or take it out of the comparison. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconLock, IconLockOpen2, IconX } from '@tabler/icons-react';
import type { Hit } from '../../native/contract/model.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import { takeOut, toggleBeside } from './actions.ts';

interface HitCornerProps {
  readonly hit: Hit;
  readonly name: string;
  readonly kept: boolean;
  /** Whether it is the only hit. */
  readonly alone: boolean;
}

export function HitCorner({ hit, name, kept, alone }: HitCornerProps) {
  const keyOf = useShownKey();
  return (
    <div className="compare-corner">
      {!kept && (
        <Tooltip label={`Keep it here while the others step on (${keyOf('beside')})`}>
          <ActionIcon
            size={20}
            variant="default"
            aria-label={`Keep ${name.toLowerCase()} beside the query`}
            data-testid="keep-hit"
            onClick={() => toggleBeside(hit)}
          >
            <IconLockOpen2 size={12} />
          </ActionIcon>
        </Tooltip>
      )}
      {kept && (
        <span className="compare-kept" title="Stays while the others step on" data-testid="kept-hit">
          <IconLock size={12} aria-label="Kept" />
        </span>
      )}
      {!alone && (
        <Tooltip label={kept ? `Take it out (${keyOf('beside')})` : 'Take it out'}>
          <ActionIcon
            size={20}
            variant="default"
            aria-label={`Take ${name.toLowerCase()} out of the comparison`}
            data-testid="take-out"
            onClick={() => takeOut(hit.lesion)}
          >
            <IconX size={12} />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}
