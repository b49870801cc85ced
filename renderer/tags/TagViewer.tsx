/** The elements of the original file of the slice that is shown, as a dialog with a search; the teaching mask leaves out who the patient is. */
import './tags.css';
import { Button, CloseButton, Modal, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { HeaderRow, OriginalHeader } from '../../native/contract/originalHeader.ts';
import { callEngine, libraryKey } from '../engine.ts';
import { VirtualRows } from '../library/VirtualRows.tsx';
import { Empty, Failure, Loading } from '../ui/Empty.tsx';
import { count } from '../ui/format.ts';
import { standOf, useView } from '../ui/store.ts';
import { rowsWith } from './tagRows.ts';

interface Asked {
  readonly volume: string;
  /** Along the volume's third index axis, on which its images were stacked. */
  readonly slice: number;
  readonly masked: boolean;
}

export function TagViewer() {
  const open = useView((s) => s.dialog === 'tags');
  const volume = useView((s) => standOf(s, s.activePane)?.row.id);
  const slice = useView((s) => Math.round(standOf(s, s.activePane)?.at[2] ?? 0));
  const masked = useView((s) => s.identityHidden);
  return (
    <Modal
      opened={open && volume !== undefined}
      onClose={() => useView.setState({ dialog: null })}
      title="Elements of the original file"
      size="min(1100px, 92vw)"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {open && volume !== undefined && <Header asked={{ volume, slice, masked }} />}
    </Modal>
  );
}

const ofHeader = (asked: Asked) => [libraryKey, 'originalHeader', asked.volume, asked.slice, asked.masked];

function Header({ asked }: { asked: Asked }) {
  const header = useQuery({
    queryKey: ofHeader(asked),
    queryFn: ({ signal }) => callEngine('originals.header', asked, { signal }),
    // A large header is not worth keeping once it was looked at.
    gcTime: 0,
  });
  const [words, setWords] = useState('');
  const [shown, show] = useState<HeaderRow | null>(null);
  const rows = rowsWith(header.data?.rows ?? [], words);
  return (
    <div className="tags" data-testid="tags">
      <div className="tags-head">
        <TextInput
          size="xs"
          data-autofocus
          aria-label="Search the elements"
          placeholder="Tag, name or value"
          leftSection={<IconSearch size={13} />}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <span className="dim" data-testid="tags-of">
          {header.data && sourceOf(header.data, asked)}
        </span>
      </div>
      <div className="tags-columns dim" aria-hidden="true">
        <span>Tag</span>
        <span>Name</span>
        <span>VR</span>
        <span>Value</span>
      </div>
      <div className="tags-rows">
        {header.error ? (
          <Failure error={header.error} retry={() => void header.refetch()} />
        ) : !header.data ? (
          <Loading text="Reading the file" />
        ) : rows.length === 0 ? (
          <Empty title="Nothing matches" text="No element of this file holds these words." />
        ) : (
          <VirtualRows
            label="Elements"
            rows={rows}
            height={() => 24}
            keyOf={(row) => row.path}
            render={(row) => <Row row={row} masked={asked.masked} show={() => show(row)} />}
          />
        )}
      </div>
      <div className="tags-foot dim">{header.data && footOf(rows.length, header.data, asked)}</div>
      {shown && <WholeValue key={shown.path} asked={asked} row={shown} close={() => show(null)} />}
    </div>
  );
}

function footOf(shown: number, { rows, left }: OriginalHeader, { masked }: Asked): string {
  return [
    shown === rows.length ? count(shown, 'row') : `${count(shown, 'row')} of ${rows.length}`,
    ...(left > 0 ? [`${count(left, 'more', 'more')} not shown`] : []),
    ...(masked ? ['What may say who the patient is, is hidden'] : []),
  ].join(' · ');
}

function sourceOf({ file, frame, exact, format }: OriginalHeader, { slice }: Asked): string {
  return [
    file,
    format === 'dicom'
      ? `slice ${slice + 1}${exact ? '' : ', interpolated: the nearest image'}`
      : 'the whole volume',
    ...(frame === undefined ? [] : [`frame ${frame}`]),
  ]
    .filter(Boolean)
    .join(' · ');
}

function Row({ row, masked, show }: { row: HeaderRow; masked: boolean; show: () => void }) {
  const hidden = masked && row.identifying && row.value === '';
  return (
    <div className="tags-row" data-testid="tag-row" data-tag={row.path}>
      <span className="number dim">{row.tag}</span>
      <span className="tags-name" style={{ paddingInlineStart: 12 * row.depth }} title={row.name}>
        {row.name}
      </span>
      <span className="dim">{row.vr}</span>
      <span className="tags-value">
        {hidden ? (
          <i className="dim">hidden</i>
        ) : (
          <span className="tags-text" title={row.value}>
            {row.value}
          </span>
        )}
        {row.cut && (
          <button type="button" className="text-button" data-testid="whole-value" onClick={show}>
            … all
          </button>
        )}
      </span>
    </div>
  );
}

function WholeValue({ asked, row, close }: { asked: Asked; row: HeaderRow; close: () => void }) {
  const value = useQuery({
    queryKey: [...ofHeader(asked), row.path],
    queryFn: ({ signal }) => callEngine('originals.value', { ...asked, path: row.path }, { signal }),
    gcTime: 0,
  });
  return (
    <section className="tags-whole" aria-label={`Whole value of ${row.name}`} data-testid="tag-whole">
      <header>
        <b>
          {row.tag} {row.name}
        </b>
        <span className="spacer" />
        {value.data && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => void navigator.clipboard.writeText(value.data.value).catch(() => undefined)}
          >
            Copy
          </Button>
        )}
        <CloseButton size="sm" aria-label="Close the value" onClick={close} />
      </header>
      {value.error ? (
        <Failure error={value.error} />
      ) : value.data ? (
        <pre>{value.data.value}</pre>
      ) : (
        <Loading text="Reading the value" />
      )}
    </section>
  );
}
