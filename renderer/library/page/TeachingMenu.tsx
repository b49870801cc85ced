/** Exports the selected lesions as a teaching file: what goes into it, how far it is, and how it is cancelled. */
import { Button, Checkbox, Popover, Progress, TextInput } from '@mantine/core';
import { IconSchool } from '@tabler/icons-react';
import { useState } from 'react';
import { useExportRefusal } from '../../lock/session.ts';
import { count } from '../../ui/format.ts';
import { usePage } from './pageState.ts';
import { exportTeaching, useTeaching } from './teaching.ts';

const most = 2000;

export function TeachingMenu() {
  const selected = usePage((s) => s.selected);
  const running = useTeaching((s) => s.running);
  const refusal = useExportRefusal();
  const [open, setOpen] = useState(false);
  const [title, setTitle] = useState('');
  const [reports, setReports] = useState(false);
  const [identified, setIdentified] = useState(false);
  if (running)
    return (
      <div className="teaching-progress" role="status" data-testid="teaching-progress">
        <span className="number">
          Teaching file {running.done} / {running.total}
        </span>
        <Progress w={120} aria-label="Progress" value={(100 * running.done) / Math.max(1, running.total)} />
        <Button size="compact-xs" variant="default" onClick={() => running.abort.abort()}>
          Cancel
        </Button>
      </div>
    );
  const write = (as: 'folder' | 'zip') => {
    setOpen(false);
    // Who the patients are is said once, not from then on.
    setIdentified(false);
    void exportTeaching([...selected], { as, title, reports, identified });
  };
  return (
    <Popover
      opened={open}
      onChange={setOpen}
      width={330}
      position="bottom-end"
      shadow="md"
      trapFocus
      withinPortal
    >
      <Popover.Target>
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconSchool size={13} />}
          disabled={refusal !== undefined || selected.size === 0 || selected.size > most}
          title={refusal ?? (selected.size > most ? `${most} lesions at most` : undefined)}
          data-testid="teaching"
          onClick={() => setOpen(!open)}
        >
          Teaching file…
        </Button>
      </Popover.Target>
      <Popover.Dropdown className="teaching-form" data-testid="teaching-form">
        <p className="dim">
          Pictures in three planes and around, with and without outlines; caption, labels and diagnosis of{' '}
          {count(selected.size, 'lesion')}. Pseudonyms stand for the patients.
        </p>
        <TextInput
          size="xs"
          label="Title"
          placeholder="Teaching file"
          maxLength={200}
          data-mantine-stop-propagation
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Checkbox
          size="xs"
          label="With the reports, without sentences that may name someone"
          data-mantine-stop-propagation
          checked={reports}
          onChange={(event) => setReports(event.currentTarget.checked)}
        />
        <Checkbox
          size="xs"
          color="yellow"
          label="Say who the patients are"
          data-mantine-stop-propagation
          checked={identified}
          onChange={(event) => setIdentified(event.currentTarget.checked)}
        />
        <div className="teaching-actions">
          <Button size="compact-xs" data-mantine-stop-propagation onClick={() => write('folder')}>
            As a folder…
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            data-mantine-stop-propagation
            onClick={() => write('zip')}
          >
            As a ZIP…
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
