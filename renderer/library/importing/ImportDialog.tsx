/** Import: what is to be imported and how, the imports there are with their reports and conflicts, and watched folders. */
import { Modal, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { count } from '../../ui/format.ts';
import { type ImportTab, useView } from '../../ui/store.ts';
import { conflictsQuery, jobsQuery } from '../queries.ts';
import { Conflicts } from './Conflicts.tsx';
import { ImportForm } from './ImportForm.tsx';
import { JobList } from './JobList.tsx';
import { WatchedFolders } from './WatchedFolders.tsx';

const tabs: readonly ImportTab[] = ['new', 'jobs', 'conflicts', 'watch'];

function close(): void {
  useView.setState({ dialog: null, sources: [] });
}

export function ImportDialog() {
  const open = useView((s) => s.dialog === 'import');
  const tab = useView((s) => s.importTab);
  const [shown, setShown] = useState<string | null>(null);
  const jobs = useQuery({ ...jobsQuery, enabled: open });
  const conflicts = useQuery({ ...conflictsQuery, enabled: open });
  // With the last decision its tab is gone; what became of it is told among the imports.
  const shownTab = tab === 'conflicts' && conflicts.data?.length === 0 ? 'jobs' : tab;
  const show = (next: string | null) =>
    useView.setState({ importTab: tabs.find((name) => name === next) ?? 'new' });
  return (
    <Modal
      opened={open}
      onClose={close}
      title="Import"
      size="xl"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div data-testid="import-dialog" className="import">
        <Tabs value={shownTab} onChange={show} keepMounted={false}>
          <Tabs.List mb="sm">
            <Tabs.Tab value="new">New import</Tabs.Tab>
            <Tabs.Tab value="jobs" data-testid="tab-jobs">
              Imports{jobs.data?.length ? ` (${jobs.data.length})` : ''}
            </Tabs.Tab>
            {conflicts.data?.length ? (
              <Tabs.Tab value="conflicts" data-testid="tab-conflicts" color="yellow">
                {count(conflicts.data.length, 'conflict')}
              </Tabs.Tab>
            ) : null}
            <Tabs.Tab value="watch">Watched folders</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="new">
            <ImportForm
              started={(job) => {
                setShown(job);
                show('jobs');
              }}
              leave={close}
            />
          </Tabs.Panel>
          <Tabs.Panel value="jobs">
            <JobList shown={shown} show={setShown} />
          </Tabs.Panel>
          <Tabs.Panel value="conflicts">
            <Conflicts />
          </Tabs.Panel>
          <Tabs.Panel value="watch">
            <WatchedFolders />
          </Tabs.Panel>
        </Tabs>
      </div>
    </Modal>
  );
}
