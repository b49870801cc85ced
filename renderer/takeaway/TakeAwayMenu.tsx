/** The menu of what can be taken out of the library. */
import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useExportRefusal } from '../lock/session.ts';
import { useView } from '../ui/store.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import { IdentityItem } from './IdentityItem.tsx';
import { hitsOnPage, saveComparison, saveHits, useTakeAway } from './takeAway.ts';

export function TakeAwayMenu() {
  const keyOf = useShownKey();
  const refusal = useExportRefusal();
  const busy = useTakeAway((s) => s.busy);
  const open = useView((s) => s.compare !== null);
  const what = open ? 'This comparison' : `Query and first ${hitsOnPage} hits`;
  return (
    <Menu position="top-end" withinPortal>
      <Menu.Target>
        <Tooltip label={refusal ?? `Take away: PDF (${keyOf('takeAway')}), picture, table`}>
          <ActionIcon
            size="sm"
            variant="default"
            loading={busy}
            disabled={refusal !== undefined}
            aria-label="Take away"
            data-testid="take-away"
          >
            <IconDownload size={14} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void saveComparison('pdf')}>{what} as PDF…</Menu.Item>
        <Menu.Item onClick={() => void saveComparison('png')}>{what} as picture (PNG)…</Menu.Item>
        <Menu.Item onClick={() => void saveHits()}>All hits as table (CSV)…</Menu.Item>
        <Menu.Divider />
        <IdentityItem />
      </Menu.Dropdown>
    </Menu>
  );
}
