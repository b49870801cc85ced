/** A list of any length that draws only the rows in sight, and holds a place for those that are not here yet. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Failure, Loading } from '../ui/Empty.tsx';
import { type Listing, useWindow } from './windows.ts';

const overscan = 8;

export function WindowRows<T>(props: {
  label: string;
  listing: Listing<T>;
  height: number;
  render: (row: T, n: number) => ReactNode;
  /** Instead of a list without a row. */
  empty: ReactNode;
  /** Shown after row number `after`. */
  unfolded?: { readonly after: number; readonly rows: readonly ReactNode[] } | undefined;
}) {
  const { listing, height, unfolded } = props;
  const box = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<readonly [number, number]>([0, 0]);
  const list = useWindow(listing, ...range);
  const extra = unfolded?.rows.length ?? 0;
  const virtual = useVirtualizer({
    count: (list.total ?? 0) + extra,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan,
  });
  const listed = JSON.stringify(listing.key);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list begins at its top
  useEffect(() => virtual.scrollToOffset(0), [listed]);
  const items = virtual.getVirtualItems();
  const rowOf = (index: number): number =>
    unfolded && index > unfolded.after ? Math.max(unfolded.after, index - extra) : index;
  const [first, last] = [rowOf(items[0]?.index ?? 0), rowOf(items.at(-1)?.index ?? 0)];
  if (first !== range[0] || last !== range[1]) setRange([first, last]);
  if (list.error) return <Failure error={list.error} retry={list.retry} />;
  if (list.total === undefined) return <Loading text="Reading the library" />;
  if (list.total === 0) return props.empty;
  const draw = (index: number): ReactNode => {
    if (unfolded && index > unfolded.after && index <= unfolded.after + extra)
      return unfolded.rows[index - unfolded.after - 1];
    const row = list.row(rowOf(index));
    return row === undefined ? <div className="row" aria-busy="true" /> : props.render(row, rowOf(index));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are positioned, which list elements would not survive
    <div className="rows" ref={box} role="list" aria-label={props.label}>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {items.map((item) => (
          // biome-ignore lint/a11y/useSemanticElements: see above
          <div
            key={item.key}
            role="listitem"
            aria-setsize={list.total}
            aria-posinset={rowOf(item.index) + 1}
            style={{
              position: 'absolute',
              insetInline: 0,
              height: item.size,
              transform: `translateY(${item.start}px)`,
            }}
          >
            {draw(item.index)}
          </div>
        ))}
      </div>
    </div>
  );
}
