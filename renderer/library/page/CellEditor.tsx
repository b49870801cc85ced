/** Writes in a cell of the table: the values that are known are offered, Enter sets what stands there, nothing takes it away. */
import { useEffect, useRef, useState } from 'react';
import { proofs } from '../../../native/contract/model.ts';
import type { Column } from './columns.ts';

export function CellEditor(props: {
  column: Column;
  value: string;
  known: readonly { readonly value: string }[];
  /** What Enter will do. */
  hint: string;
  commit: (text: string) => void;
  cancel: () => void;
}) {
  const [text, setText] = useState(props.value);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  const offered = props.column.name === 'proof' ? proofs : props.known.map(({ value }) => value);
  return (
    <>
      <input
        ref={input}
        className="cell-editor"
        data-testid="cell-editor"
        // Escape leaves the cell, not the page.
        data-mantine-stop-propagation
        aria-label={`${props.column.title}. ${props.hint}; Escape leaves it`}
        title={props.hint}
        list="cell-values"
        maxLength={1000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={props.cancel}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === 'Enter') props.commit(text);
          else if (event.key === 'Escape') {
            event.preventDefault();
            props.cancel();
          }
        }}
      />
      <datalist id="cell-values">
        {offered.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
    </>
  );
}
