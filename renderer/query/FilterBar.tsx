/** What a hit must be: label values, the query's own patient or not, and how many of one patient. */
import { Checkbox, NumberInput, Pill, Select, Tooltip } from '@mantine/core';
import { LabelMenu, withFilter } from '../ui/LabelMenu.tsx';
import { type SearchOptions, useView } from '../ui/store.ts';

function setOptions(patch: Partial<SearchOptions>): void {
  useView.setState(({ options }) => ({ options: { ...options, ...patch } }));
}

export function FilterBar() {
  const options = useView((s) => s.options);
  return (
    <div className="filter-bar" data-testid="filter-bar">
      {options.where.map((filter) => (
        <Pill
          key={`${filter.field}=${filter.value}`}
          size="sm"
          withRemoveButton
          removeButtonProps={{ 'aria-label': `Remove the filter ${filter.field} = ${filter.value}` }}
          onRemove={() => setOptions({ where: options.where.filter((f) => f !== filter) })}
        >
          {filter.field} = {filter.value}
        </Pill>
      ))}
      <LabelMenu name="Filter" pick={(filter) => setOptions({ where: withFilter(options.where, filter) })} />
      <Checkbox
        size="xs"
        label="Same patient"
        checked={options.includeSamePatient}
        onChange={(event) => setOptions({ includeSamePatient: event.currentTarget.checked })}
      />
      <Tooltip label="Hits of one patient at most">
        <NumberInput
          size="xs"
          w={104}
          suffix=" per patient"
          min={1}
          max={50}
          aria-label="Hits of one patient at most"
          value={options.hitsPerPatient}
          onChange={(value) => {
            if (typeof value === 'number' && value >= 1) setOptions({ hitsPerPatient: Math.min(50, value) });
          }}
        />
      </Tooltip>
      <Select
        size="xs"
        w={84}
        aria-label="How many hits"
        allowDeselect={false}
        data={['10', '20', '50'].map((n) => ({ value: n, label: `${n} hits` }))}
        value={String(options.top)}
        onChange={(value) => setOptions({ top: Number(value ?? 10) })}
      />
    </div>
  );
}
