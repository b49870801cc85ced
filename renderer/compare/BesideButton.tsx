/** On a hit's card: put it beside the query to stay, keep it where it stands there, or take it out. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconColumns2 } from '@tabler/icons-react';
import type { Hit } from '../../native/contract/model.ts';
import { useView } from '../ui/store.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import { toggleBeside } from './actions.ts';
import { isBeside } from './comparison.ts';

export function BesideButton({ hit }: { hit: Hit }) {
  const key = useShownKey()('beside');
  const kept = useView(({ compare }) => compare?.kept.includes(hit.lesion) ?? false);
  const beside = useView(({ compare }) => isBeside(compare, hit.lesion));
  const label = kept
    ? 'Take it out of the comparison'
    : beside
      ? 'Keep it beside the query'
      : 'Put it beside the query';
  return (
    <Tooltip label={`${label} (${key})`}>
      <ActionIcon
        size={18}
        variant={kept ? 'filled' : 'default'}
        color={kept ? 'cyan' : undefined}
        aria-label={`${label}: hit ${hit.rank}`}
        aria-pressed={kept}
        data-testid="beside"
        onClick={() => toggleBeside(hit)}
      >
        <IconColumns2 size={12} />
      </ActionIcon>
    </Tooltip>
  );
}
