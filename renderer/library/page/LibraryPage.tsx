/** The library on the whole window: all lesions as a table, duplicates, its health, and what was changed by hand. */
import './library.css';
import { Modal, SegmentedControl } from '@mantine/core';
import { type KeyboardEvent, useEffect } from 'react';
import { useView } from '../../ui/store.ts';
import { redoLabels, undoLabels } from '../edits.ts';
import { HistoryPage } from './HistoryPage.tsx';
import { LesionsPage } from './LesionsPage.tsx';
import { deselect, type PageName, usePage } from './pageState.ts';

const pages: readonly { readonly value: PageName; readonly label: string }[] = [
  { value: 'lesions', label: 'Lesions' },
  { value: 'history', label: 'History' },
];

export function LibraryPage() {
  const open = useView((s) => s.dialog === 'library');
  const page = usePage((s) => s.page);
  useEffect(() => {
    if (!open) deselect();
  }, [open]);
  return (
    <Modal
      opened={open}
      onClose={() => useView.setState({ dialog: null })}
      title="Library"
      fullScreen
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': 'Close' }}
      classNames={{ body: 'library-page-body' }}
      // What is being written in a cell is left by Escape before the page is.
      closeOnEscape={!usePage((s) => s.editing)}
    >
      {open && (
        // biome-ignore lint/a11y/noStaticElementInteractions: undo is heard wherever in the page the focus is
        <div className="library-page" data-testid="library-page" onKeyDown={onUndoKey}>
          <SegmentedControl
            size="xs"
            aria-label="What of the library is shown"
            value={page}
            onChange={(value) => usePage.setState({ page: value as PageName, editing: false })}
            data={[...pages]}
          />
          {page === 'lesions' && <LesionsPage />}
          {page === 'history' && <HistoryPage />}
        </div>
      )}
    </Modal>
  );
}

function onUndoKey(event: KeyboardEvent): void {
  if (!(event.ctrlKey || event.metaKey) || event.target instanceof HTMLInputElement) return;
  const key = event.key.toLowerCase();
  const redo = key === 'y' || (key === 'z' && event.shiftKey);
  if (key !== 'z' && !redo) return;
  event.preventDefault();
  if (redo) redoLabels();
  else undoLabels();
}
