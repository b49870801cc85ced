/** A new import: from where, with which labels, and how. */
import { Button, Group, Pill } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Granted } from '../../../native/contract/bridge.ts';
import { PrecedentError } from '../../../native/contract/errors.ts';
import { bridge } from '../../bridge.ts';
import { callEngine, libraryKey, queryClient } from '../../engine.ts';
import { Failure } from '../../ui/Empty.tsx';
import { failed } from '../../ui/notice.ts';
import { useView } from '../../ui/store.ts';
import { chooseImport } from '../LibraryPanel.tsx';
import { OptionFields, usualOptions } from './options.tsx';

/** A pill's button is for the mouse alone unless it is told otherwise. */
const reachable = { tabIndex: 0, 'aria-hidden': undefined };

export function ImportForm({ started, leave }: { started: (job: string) => void; leave: () => void }) {
  const sources = useView((s) => s.sources);
  const [labels, setLabels] = useState<Granted | null>(null);
  const [options, setOptions] = useState(usualOptions);
  const start = useMutation({
    mutationFn: () =>
      callEngine('jobs.start', {
        ...options,
        sources: sources.map((source) => source.token),
        labels: labels?.token,
      }),
    onSuccess: ({ id }) => started(id),
    // A grant is for one use: what was taken must be chosen again.
    onSettled: (_job, error) => {
      if (error && PrecedentError.from(error).kind === 'interrupted') return;
      useView.setState({ sources: [] });
      setLabels(null);
      void queryClient.invalidateQueries({ queryKey: [libraryKey, 'jobs'] });
    },
  });
  return (
    <div className="dialog">
      <div className="panel-label">From</div>
      <div className="chips">
        {sources.map((source) => (
          <Pill
            key={source.token}
            withRemoveButton
            removeButtonProps={{ ...reachable, 'aria-label': `Leave out ${source.label}` }}
            onRemove={() => useView.setState({ sources: sources.filter((s) => s !== source) })}
          >
            {source.label}
          </Pill>
        ))}
        <Button size="compact-xs" variant="default" onClick={() => void chooseImport('folder')}>
          Add folder…
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => void chooseImport('files')}>
          Add files or ZIP…
        </Button>
      </div>
      <div className="panel-label">Labels (CSV or JSON; the first column names the case)</div>
      <div className="chips">
        {labels && (
          <Pill
            withRemoveButton
            removeButtonProps={{ ...reachable, 'aria-label': 'Without labels' }}
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
          {labels ? 'Choose other labels…' : 'Choose labels…'}
        </Button>
      </div>
      <OptionFields value={options} change={setOptions} />
      {start.error && <Failure error={start.error} />}
      <Group justify="flex-end" gap="xs">
        <Button size="xs" variant="default" onClick={leave}>
          Close
        </Button>
        <Button
          size="xs"
          data-testid="import-start"
          disabled={sources.length === 0}
          loading={start.isPending}
          onClick={() => start.mutate()}
        >
          Import
        </Button>
      </Group>
    </div>
  );
}
