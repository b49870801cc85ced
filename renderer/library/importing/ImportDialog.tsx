/** Import: what was chosen, how to read it, progress with cancel, and a report that names everything left out. */
import { Button, Checkbox, Group, Modal, Pill, Progress, SegmentedControl, Table } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Granted } from '../../native/contract/bridge.ts';
import type { ImportProgress, ImportReport } from '../../native/contract/engine.ts';
import { PrecedentError } from '../../native/contract/errors.ts';
import { bridge } from '../bridge.ts';
import { callEngine, libraryKey, queryClient } from '../engine.ts';
import { Failure } from '../ui/Empty.tsx';
import { count } from '../ui/format.ts';
import { failed } from '../ui/notice.ts';
import { useView } from '../ui/store.ts';
import { chooseImport } from './LibraryPanel.tsx';

const phases: Readonly<Record<ImportProgress['phase'], string>> = {
  scan: 'Looking for images',
  read: 'Reading series',
  embed: 'Describing lesions',
  index: 'Indexing',
};

function close(): void {
  useView.setState({ dialog: null, sources: [] });
}

export function ImportDialog() {
  const open = useView((s) => s.dialog === 'import');
  const sources = useView((s) => s.sources);
  const [labels, setLabels] = useState<Granted | null>(null);
  const [lesionPer, setLesionPer] = useState<'roi' | 'component'>('roi');
  const [copy, setCopy] = useState(false);
  const [progress, setProgress] = useState<ImportProgress | null>(null);
  const abort = useRef<AbortController | null>(null);

  const run = useMutation({
    mutationFn: () => {
      abort.current = new AbortController();
      setProgress(null);
      return callEngine(
        'import.run',
        { sources: sources.map((source) => source.token), labels: labels?.token, lesionPer, copy },
        { signal: abort.current.signal, onProgress: setProgress },
      );
    },
    // A grant is for one use: what the import that ended had taken must be chosen again.
    onError: (error) => {
      if (PrecedentError.from(error).kind === 'busy') return;
      useView.setState({ sources: [] });
      setLabels(null);
    },
    // What was committed before a cancel or a failure is in the library as well.
    onSettled: () => void queryClient.invalidateQueries({ queryKey: [libraryKey] }),
  });
  const cancelled = run.error !== null && PrecedentError.from(run.error).kind === 'cancelled';
  const leave = () => {
    if (run.isPending) return;
    close();
    setLabels(null);
    run.reset();
  };

  return (
    <Modal
      opened={open}
      onClose={leave}
      title="Import"
      size="lg"
      closeOnClickOutside={!run.isPending}
      closeOnEscape={!run.isPending}
      withCloseButton={!run.isPending}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div data-testid="import-dialog" className="dialog">
        {run.data ? (
          <Report report={run.data} done={leave} />
        ) : run.isPending ? (
          <div className="import-progress">
            <div className="row-line">
              <span>{progress ? phases[progress.phase] : 'Starting'}</span>
              <span className="dim number">
                {progress && progress.total > 0 ? `${progress.done} / ${progress.total}` : ''}
              </span>
            </div>
            <Progress
              aria-label="Progress of the import"
              value={progress && progress.total > 0 ? (100 * progress.done) / progress.total : 100}
              animated
              striped={!progress || progress.total === 0}
            />
            <Group justify="flex-end">
              <Button
                size="xs"
                variant="default"
                data-testid="import-cancel"
                onClick={() => abort.current?.abort()}
              >
                Cancel
              </Button>
            </Group>
          </div>
        ) : (
          <>
            <div className="panel-label">From</div>
            <div className="chips">
              {sources.map((source) => (
                <Pill
                  key={source.token}
                  withRemoveButton
                  removeButtonProps={{ 'aria-label': `Leave out ${source.label}` }}
                  onRemove={() => useView.setState({ sources: sources.filter((s) => s !== source) })}
                >
                  {source.label}
                </Pill>
              ))}
              <Button size="compact-xs" variant="default" onClick={() => void chooseImport('folder')}>
                Add folder…
              </Button>
              <Button size="compact-xs" variant="default" onClick={() => void chooseImport('files')}>
                Add files…
              </Button>
            </div>
            <div className="panel-label">Labels (CSV; the first column names the case)</div>
            <div className="chips">
              {labels && (
                <Pill
                  withRemoveButton
                  removeButtonProps={{ 'aria-label': 'Without labels' }}
                  onRemove={() => setLabels(null)}
                >
                  {labels.label}
                </Pill>
              )}
              <Button
                size="compact-xs"
                variant="default"
                onClick={() =>
                  bridge
                    .chooseLabels()
                    .then((granted) => {
                      if (granted) setLabels(granted);
                    })
                    .catch((error: unknown) => failed('The labels could not be chosen', error))
                }
              >
                {labels ? 'Choose another…' : 'Choose…'}
              </Button>
            </div>
            <div className="panel-label">One lesion for each</div>
            <SegmentedControl
              size="xs"
              aria-label="One lesion for each"
              value={lesionPer}
              onChange={(value) => setLesionPer(value === 'component' ? 'component' : 'roi')}
              data={[
                { value: 'roi', label: 'Region name' },
                { value: 'component', label: 'Connected part' },
              ]}
            />
            <Checkbox
              size="xs"
              label="Copy the image files into the library (otherwise they stay where they are and are only read)"
              checked={copy}
              onChange={(event) => setCopy(event.currentTarget.checked)}
            />
            {cancelled ? (
              <p className="panel-note" role="status" data-testid="import-cancelled">
                Cancelled. What was complete by then is in the library; to go on, choose the folder or files
                again.
              </p>
            ) : run.error ? (
              <Failure error={run.error} />
            ) : null}
            <Group justify="flex-end" gap="xs">
              <Button size="xs" variant="default" onClick={leave}>
                Close
              </Button>
              <Button
                size="xs"
                data-testid="import-start"
                disabled={sources.length === 0}
                onClick={() => run.mutate()}
              >
                Import
              </Button>
            </Group>
          </>
        )}
      </div>
    </Modal>
  );
}

function Report({ report, done }: { report: ImportReport; done: () => void }) {
  const { imported, unchanged, skipped, warnings } = report;
  return (
    <div className="dialog" data-testid="import-report">
      <Table withRowBorders={false} verticalSpacing={2} fz="sm" w="auto">
        <Table.Tbody>
          <Table.Tr>
            <Table.Th>Imported</Table.Th>
            <Table.Td>
              {count(imported.patients, 'patient')}, {count(imported.studies, 'study', 'studies')},{' '}
              {count(imported.volumes, 'volume')}, {count(imported.lesions, 'lesion')}
            </Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th>Unchanged</Table.Th>
            <Table.Td>{count(unchanged, 'volume')}, in the library already</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th>Skipped</Table.Th>
            <Table.Td>{skipped.length === 0 ? 'Nothing' : count(skipped.length, 'file')}</Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
      {skipped.length > 0 && (
        <div className="report-list">
          <Table stickyHeader fz="xs" verticalSpacing={3}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>File</Table.Th>
                <Table.Th>Reason</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {skipped.slice(0, 500).map(({ path, reason }) => (
                <Table.Tr key={`${path} ${reason}`}>
                  <Table.Td className="path">{path}</Table.Td>
                  <Table.Td>{reason}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          {skipped.length > 500 && <p className="panel-note">… and {skipped.length - 500} more.</p>}
        </div>
      )}
      {warnings.length > 0 && (
        <ul className="warnings">
          {warnings.slice(0, 50).map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      <Group justify="flex-end">
        <Button size="xs" onClick={done}>
          Done
        </Button>
      </Group>
    </div>
  );
}
