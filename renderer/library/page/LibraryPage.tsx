/** The library on the whole window: all lesions as a table, duplicates, its health, what was changed by hand, and who did what. */
import './library.css';
import { Modal, SegmentedControl } from '@mantine/core';
import { useEffect } from 'react';
import { useView } from '../../ui/store.ts';
import { useDeletion } from '../deletion/deletion.ts';
import { redoLabels, undoLabels } from '../edits.ts';
import { DuplicatesPage } from './DuplicatesPage.tsx';
import { HealthPage } from './HealthPage.tsx';
import { HistoryPage } from './HistoryPage.tsx';
import { LesionsPage } from './LesionsPage.tsx';
import { LogPage } from './LogPage.tsx';
import { deselect, type PageName, usePage } from './pageState.ts';

const pages: readonly { readonly value: PageName; readonly label: string }[] = [
  { value: 'lesions', label: 'Lesions' },
  { value: 'duplicates', label: 'Duplicates' },
  { value: 'health', label: 'Health' },
  { value: 'history', label: 'History' },
  { value: 'log', label: 'Log' },
];

export function LibraryPage() {
  const open = useView((s) => s.dialog === 'library');
  const page = usePage((s) => s.page);
  const asking = useDeletion((s) => s.asked !== null);
  useEffect(() => {
    if (!open) {
      deselect();
      return;
    }
    // Wherever the focus is: a button that was pressed may be gone.
    window.addEventListener('keydown', onUndoKey);
    return () => window.removeEventListener('keydown', onUndoKey);
  }, [open]);
  return (
    <Modal
      opened={open}
      onClose={() => useView.setState({ dialog: null })}
      title="Library"
      fullScreen
      closeOnEscape={!asking}
      trapFocus={!asking}
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': 'Close' }}
      classNames={{ body: 'library-page-body' }}
    >
      {open && (
        <div className="library-page" data-testid="library-page">
          <SegmentedControl
            size="xs"
            aria-label="What of the library is shown"
            value={page}
            onChange={(value) => usePage.setState({ page: value as PageName, editing: false })}
            data={[...pages]}
          />
          {page === 'lesions' && <LesionsPage />}
          {page === 'duplicates' && <DuplicatesPage />}
          {page === 'health' && <HealthPage />}
          {page === 'history' && <HistoryPage />}
          {page === 'log' && <LogPage />}
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
