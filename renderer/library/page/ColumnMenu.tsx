/** The menu of the table's columns: which are shown, and in which order. Escape in it closes it, not the page around it. */
import { ActionIcon, Checkbox, Menu } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconColumns3 } from '@tabler/icons-react';
import type { FieldInfo } from '../../../native/contract/model.ts';
import { allColumns, type Column, chooseColumns } from './columns.ts';

export function ColumnMenu({ shown, fields }: { shown: readonly Column[]; fields: readonly FieldInfo[] }) {
  const names = new Set(shown.map(({ name }) => name));
  const hidden = allColumns(fields).filter(({ name }) => !names.has(name));
  const move = (at: number, by: number) => {
    const next = [...shown];
    const [column] = next.splice(at, 1);
    next.splice(at + by, 0, column);
    chooseColumns(next);
  };
  return (
    <Menu position="bottom-end" shadow="md" closeOnItemClick={false}>
      <Menu.Target>
        <button type="button" className="text-button" data-testid="columns">
          <IconColumns3 size={13} /> Columns
        </button>
      </Menu.Target>
      <Menu.Dropdown miw={230} mah={460} style={{ overflowY: 'auto' }}>
        {shown.map((column, at) => (
          <div key={column.name} className="column-choice">
            <Checkbox
              size="xs"
              label={column.title}
              checked
              data-mantine-stop-propagation
              disabled={shown.length === 1}
              onChange={() => chooseColumns(shown.filter(({ name }) => name !== column.name))}
            />
            <span className="spacer" />
            <ActionIcon
              size="xs"
              variant="subtle"
              color="gray"
              data-mantine-stop-propagation
              aria-label={`${column.title}: to the left`}
              disabled={at === 0}
              onClick={() => move(at, -1)}
            >
              <IconArrowUp size={12} />
            </ActionIcon>
            <ActionIcon
              size="xs"
              variant="subtle"
              color="gray"
              data-mantine-stop-propagation
              aria-label={`${column.title}: to the right`}
              disabled={at === shown.length - 1}
              onClick={() => move(at, 1)}
            >
              <IconArrowDown size={12} />
            </ActionIcon>
          </div>
        ))}
        <Menu.Divider />
        {hidden.map((column) => (
          <div key={column.name} className="column-choice">
            <Checkbox
              size="xs"
              label={column.title}
              checked={false}
              data-mantine-stop-propagation
              onChange={() => chooseColumns([...shown, column])}
            />
          </div>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => chooseColumns(null)}>As at first</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
