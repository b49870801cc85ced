/** A menu of label values in two steps, the label and then its value, for filters. */
import { Menu } from '@mantine/core';
import { IconArrowLeft, IconChevronRight, IconFilterPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Filter } from '../../native/contract/engine.ts';
import { literalValue } from '../../native/contract/filters.ts';
import { infoQuery } from '../library/queries.ts';

/** Labels with more values than this are no categories, and are not offered. */
const valuesOffered = 40;

export function LabelMenu({ name, pick }: { name: string; pick: (filter: Filter) => void }) {
  const info = useQuery(infoQuery);
  const [chosen, setChosen] = useState<string | null>(null);
  const fields = (info.data?.fields ?? []).filter(
    (field) => field.values.length > 0 && field.values.length <= valuesOffered,
  );
  const field = fields.find((one) => one.name === chosen);
  return (
    <Menu position="bottom-start" shadow="md" onClose={() => setChosen(null)}>
      <Menu.Target>
        <button
          type="button"
          className="text-button"
          disabled={fields.length === 0}
          aria-label={`${name}: filter by a label`}
        >
          <IconFilterPlus size={13} /> {name}
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={380} miw={170} style={{ overflowY: 'auto' }}>
        {field ? (
          <>
            <Menu.Item
              closeMenuOnClick={false}
              leftSection={<IconArrowLeft size={13} />}
              onClick={() => setChosen(null)}
            >
              {field.name}
            </Menu.Item>
            <Menu.Divider />
            {field.values.map(({ value, count }) => (
              <Menu.Item
                key={value}
                rightSection={<span className="dim">{count}</span>}
                onClick={() => pick({ field: field.name, value: literalValue(value) })}
              >
                {value}
              </Menu.Item>
            ))}
          </>
        ) : (
          fields.map((one) => (
            <Menu.Item
              key={one.name}
              closeMenuOnClick={false}
              rightSection={<IconChevronRight size={13} />}
              onClick={() => setChosen(one.name)}
            >
              {one.name}
            </Menu.Item>
          ))
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The filters with one more; values of the same label are alternatives. */
export function withFilter(where: readonly Filter[], filter: Filter): readonly Filter[] {
  return [...where.filter((one) => one.field !== filter.field || one.value !== filter.value), filter];
}
