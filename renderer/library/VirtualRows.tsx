/** A list of which all rows are here that draws only those in sight. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';

export function VirtualRows<T>(props: {
  rows: readonly T[];
  height: (row: T) => number;
  keyOf: (row: T) => string;
  render: (row: T) => ReactNode;
  label: string;
}) {
  const { rows } = props;
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (n) => props.height(rows[n]),
    getItemKey: (n) => props.keyOf(rows[n]),
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are positioned, which list elements would not survive
    <div className="rows" ref={box} role="list" aria-label={props.label}>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {items.map((item) => (
          // biome-ignore lint/a11y/useSemanticElements: see above
          <div
            key={item.key}
            role="listitem"
            style={{
              position: 'absolute',
              insetInline: 0,
              height: item.size,
              transform: `translateY(${item.start}px)`,
            }}
          >
            {props.render(rows[item.index])}
          </div>
        ))}
      </div>
    </div>
  );
}
