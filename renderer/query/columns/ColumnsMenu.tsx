/** Which methods stand side by side. */
import { Button, Menu } from '@mantine/core';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import type { MethodRow } from '../../../native/contract/engine.ts';
import { chooseColumns, useColumns } from './columnsStore.ts';

interface ColumnsMenuProps {
  readonly methods: readonly MethodRow[];
  /** The names of those that are shown. */
  readonly shown: readonly string[];
}

export function ColumnsMenu({ methods, shown }: ColumnsMenuProps) {
  const chosen = useColumns((s) => s.methods);
  const toggle = (name: string) => {
    const now = chosen ?? shown;
    chooseColumns({ methods: now.includes(name) ? now.filter((one) => one !== name) : [...now, name] });
  };
  // Those that can run come first.
  const listed = methods.toSorted(
    (a, b) => Number(a.refusal !== undefined) - Number(b.refusal !== undefined),
  );
  return (
    <Menu position="bottom-end" withinPortal closeOnItemClick={false}>
      <Menu.Target>
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconAdjustmentsHorizontal size={13} />}
          data-testid="columns-menu"
        >
          Methods
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={460} w={340} style={{ overflowY: 'auto' }}>
        <Menu.Item closeMenuOnClick onClick={() => chooseColumns({ methods: null })}>
          All that can run
        </Menu.Item>
        <Menu.Divider />
        {listed.map(({ name, title, refusal }) => (
          <Menu.CheckboxItem
            key={name}
            checked={shown.includes(name)}
            disabled={refusal !== undefined}
            onChange={() => toggle(name)}
          >
            <span className="method-option">
              <b>{name}</b>
              <span className="dim">{refusal ?? title}</span>
            </span>
          </Menu.CheckboxItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
