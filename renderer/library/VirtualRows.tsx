/** A list that draws only the rows in sight, and asks for the next page before the last row comes into it. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';

export function VirtualRows<T>(props: {
  rows: readonly T[];
  height: (row: T) => number;
  keyOf: (row: T) => string;
  render: (row: T) => ReactNode;
  more?: (() => void) | undefined;
  label: string;
}) {
  const { rows, more } = props;
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (n) => props.height(rows[n]),
    getItemKey: (n) => props.keyOf(rows[n]),
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 30) more();
  }, [last, rows.length, more]);
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
