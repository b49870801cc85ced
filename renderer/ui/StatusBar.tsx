/** Always in sight: what this program is not for, which library is open, what describes lesions, and whether every process runs. */
import { Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { EncoderInfo, ProcessState } from '../../native/contract/engine.ts';
import type { JobRow } from '../../native/contract/jobs.ts';
import { onJob, useEngineLine } from '../engine.ts';
import { infoQuery } from '../library/queries.ts';
import { count, whole } from './format.ts';
import { useIdentity } from './identity.ts';
import { useView } from './store.ts';

const names: Readonly<Record<ProcessState['process'], string>> = {
  engine: 'Engine',
  inference: 'Inference',
  reader: 'Reader',
};

const texts: Readonly<Record<ProcessState['state'], string>> = {
  idle: 'not needed so far',
  running: 'running',
  restarting: 'restarting',
  failed: 'failed',
};

export function StatusBar() {
  const info = useQuery(infoQuery);
  const identity = useIdentity();
  const { line, processes } = useEngineLine();
  const told = Object.fromEntries((info.data?.processes ?? []).map((p) => [p.process, p]));
  const states = (['engine', 'inference', 'reader'] as const).map((process): ProcessState => {
    const known = processes[process] ?? told[process];
    if (process === 'engine') {
      const state = line === 'connected' ? 'running' : line === 'lost' ? 'restarting' : 'idle';
      return { process, restarts: known?.restarts ?? 0, state };
    }
    return known ?? { process, state: 'idle', restarts: 0 };
  });
  const encoder = info.data?.encoder;
  return (
    <footer className="status" data-testid="status-bar">
      <span className="research">Research use, not for primary diagnosis</span>
      {info.data?.demonstration && (
        <span className="demo-mark" data-testid="demo-mark">
          Demonstration: phantom data
        </span>
      )}
      {info.data && (
        <span className="status-library" data-volatile title={identity.text(info.data.folder)}>
          {identity.text(info.data.folder) || 'Library'} · {count(info.data.counts.volumes, 'volume')},{' '}
          {count(info.data.counts.lesions, 'lesion')}
        </span>
      )}
      <span className="spacer" />
      <RunningImport />
      {encoder && (
        <Tooltip
          label={`Encoder ${encoder.id} ${encoder.version}, ${encoder.dim} values, ${encoder.licence}`}
        >
          <span data-volatile>
            {encoder.id} {encoder.version}
            <Running encoder={encoder} />
          </span>
        </Tooltip>
      )}
      {states.map(({ process, state, restarts }) => (
        <Tooltip
          key={process}
          label={`${names[process]}: ${texts[state]}${restarts > 0 ? `, restarted ${restarts === 1 ? 'once' : `${restarts} times`}` : ''}`}
        >
          <span className="process" data-volatile data-testid={`process-${process}`} data-state={state}>
            <i aria-hidden="true" />
            {names[process]}
            {state === 'running' || state === 'idle' ? '' : ` ${texts[state]}`}
          </span>
        </Tooltip>
      ))}
    </footer>
  );
}

/** What the encoder's model runs on, once it was opened. */
function Running({ encoder: { provider, threads, batch } }: { encoder: EncoderInfo }) {
  if (!provider || !threads || !batch) return null;
  const parts = [
    provider === 'cpu' ? count(threads, 'thread') : null,
    batch > 1 ? `${batch} at a time` : null,
  ].filter((part) => part !== null);
  return (
    <span data-testid="encoder-runs">{` on ${provider}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`}</span>
  );
}

/** The import that runs now, in sight while the work goes on; a click shows all of them. */
function RunningImport() {
  const [job, setJob] = useState<JobRow | null>(null);
  useEffect(
    () =>
      onJob((news) =>
        setJob((shown) => (news.state === 'running' ? news : shown?.id === news.id ? null : shown)),
      ),
    [],
  );
  if (!job) return null;
  const { done, total } = job.progress ?? { done: 0, total: 0 };
  return (
    <button
      type="button"
      className="text-button running-import"
      data-testid="running-import"
      onClick={() => useView.setState({ dialog: 'import', importTab: 'jobs' })}
    >
      Importing{total > 0 ? ` ${whole(done)} / ${whole(total)}` : '…'}
    </button>
  );
}
