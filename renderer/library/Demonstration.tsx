/** The first start of a demonstration library: generates its phantom patients, and says so meanwhile. */
import { Button, Progress } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { EngineContract } from '../../native/contract/engine.ts';
import type { Progress as ProgressOf } from '../../native/contract/rpc.ts';
import { callEngine, libraryKey, queryClient } from '../engine.ts';
import { Failure } from '../ui/Empty.tsx';

const patients = 60;
type DemoProgress = ProgressOf<EngineContract, 'demo.create'>;
const phases: Readonly<Record<DemoProgress['phase'], string>> = {
  generate: 'Generating CT series',
  scan: 'Looking for images',
  read: 'Reading series',
  reports: 'Reading reports',
  embed: 'Describing lesions',
  index: 'Indexing',
};

let started = false;

export function Demonstration({ leave }: { leave: () => void }) {
  const [progress, setProgress] = useState<DemoProgress | null>(null);
  const create = useMutation({
    mutationFn: () => callEngine('demo.create', { patients }, { onProgress: setProgress }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: [libraryKey] }),
    onSuccess: leave,
  });
  const { mutate } = create;
  useEffect(() => {
    if (started) return;
    started = true;
    mutate();
  }, [mutate]);
  return (
    <div className="demonstration" data-testid="demonstration" role="status">
      <div className="demonstration-box">
        <h1>Creating the demonstration library: {patients} generated phantom patients</h1>
        <p>
          Every patient is computed, with lesions of known kind, size and place. No patient's data is
          involved. This takes about a minute and happens once.
        </p>
        {create.error ? (
          <>
            <Failure error={create.error} retry={() => create.mutate()} />
            <Button size="xs" variant="subtle" color="gray" onClick={leave}>
              Go on without it
            </Button>
          </>
        ) : (
          <>
            <Progress
              aria-label="Progress"
              value={progress && progress.total > 0 ? (100 * progress.done) / progress.total : 0}
            />
            <div className="row-line dim">
              <span>{progress ? phases[progress.phase] : 'Starting'}</span>
              <span className="number">
                {progress && progress.total > 0 ? `${progress.done} / ${progress.total}` : ''}
              </span>
            </div>
          </>
        )}
      </div>
    </div>
  );
}
