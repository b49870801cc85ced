/** The library on the left: patients, their studies, their lesions; a click opens in the viewer. */
import { ActionIcon, Button, Menu, SegmentedControl, Tooltip } from '@mantine/core';
import { IconChevronDown, IconFileImport, IconTable } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { bridge } from '../bridge.ts';
import { LabelMenu, withFilter } from '../ui/LabelMenu.tsx';
import { failed } from '../ui/notice.ts';
import { type LibraryTab, useView } from '../ui/store.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import { LesionList } from './LesionList.tsx';
import { FilterPills, LibrarySearch, PatientPill } from './LibrarySearch.tsx';
import { PatientList } from './PatientList.tsx';
import { openPage } from './page/pageState.ts';
import { infoQuery } from './queries.ts';
import { ReportList } from './ReportList.tsx';
import { StudyList } from './StudyList.tsx';

export function LibraryPanel() {
  const tab = useView((s) => s.tab);
  const text = useView((s) => s.libraryText);
  const where = useView((s) => s.libraryWhere);
  const patient = useView((s) => s.libraryPatient);
  const keyOf = useShownKey();
  const info = useQuery(infoQuery);
  const counts = info.data?.counts;
  const numbered = (name: string, n: number | undefined) => (n === undefined ? name : `${name} ${n}`);
  return (
    <aside className="library" data-testid="library-panel" aria-label="Library">
      <header className="library-head">
        <b>Library</b>
        <span className="spacer" />
        <Tooltip label={`All lesions as a table (${keyOf('library')})`} openDelay={400}>
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label="All lesions as a table"
            data-testid="library-page-button"
            onClick={() => openPage('lesions')}
          >
            <IconTable size={15} />
          </ActionIcon>
        </Tooltip>
        <ImportButton />
      </header>
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label="What the library lists"
        value={tab}
        onChange={(value) => useView.setState({ tab: value as LibraryTab })}
        data={[
          { value: 'patients', label: numbered('Patients', counts?.patients) },
          { value: 'studies', label: numbered('Studies', counts?.studies) },
          { value: 'lesions', label: numbered('Lesions', counts?.lesions) },
          { value: 'reports', label: 'Reports' },
        ]}
      />
      <LibrarySearch
        name="Search the list"
        placeholder={tab === 'reports' ? 'Search the reports' : 'Search by name, patient, label'}
      />
      <div className="chips">
        <PatientPill />
        {tab === 'lesions' && <FilterPills />}
        {tab === 'lesions' && (
          <LabelMenu
            name="Label"
            pick={(filter) => useView.setState({ libraryWhere: withFilter(where, filter) })}
          />
        )}
      </div>
      {tab === 'patients' && <PatientList />}
      {tab === 'studies' && <StudyList key={`${patient} ${text}`} />}
      {tab === 'lesions' && <LesionList />}
      {tab === 'reports' && <ReportList />}
    </aside>
  );
}

/** Asks for a folder or files and opens the import dialog with what was granted. */
export async function chooseImport(what: 'folder' | 'files'): Promise<void> {
  try {
    const granted = await bridge.chooseImport(what);
    if (granted.length > 0)
      useView.setState(({ sources }) => ({
        dialog: 'import',
        importTab: 'new',
        sources: [...sources, ...granted],
      }));
  } catch (error) {
    failed('The import could not be opened', error);
  }
}

function ImportButton() {
  return (
    <Menu position="bottom-end" shadow="md" withinPortal>
      <Menu.Target>
        <Button
          size="compact-xs"
          variant="default"
          data-testid="import-button"
          leftSection={<IconFileImport size={13} />}
          rightSection={<IconChevronDown size={12} />}
        >
          Import
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item data-testid="import-folder" onClick={() => void chooseImport('folder')}>
          Folder…
        </Menu.Item>
        <Menu.Item data-testid="import-files" onClick={() => void chooseImport('files')}>
          Files or ZIP…
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          data-testid="import-jobs"
          onClick={() => useView.setState({ dialog: 'import', importTab: 'jobs' })}
        >
          Imports…
        </Menu.Item>
        <Menu.Item onClick={() => useView.setState({ dialog: 'import', importTab: 'watch' })}>
          Watched folders…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
