/** The imports there are: how far each is, what can be done to it, and its report when it has ended. */
import { ActionIcon, Badge, Group, Progress, Tooltip } from '@mantine/core';
import {
  IconArrowDown,
  IconArrowUp,
  IconChevronDown,
  IconChevronRight,
  IconPlayerPause,
  IconPlayerPlay,
  IconTrash,
  IconX,
} from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ImportPhase, JobRow, JobState } from '../../../native/contract/jobs.ts';
import { callEngine, type EngineParams, queryClient } from '../../engine.ts';
import { Empty, Failure, Loading } from '../../ui/Empty.tsx';
import { count, duration, rate, whole } from '../../ui/format.ts';
import { useIdentity } from '../../ui/identity.ts';
import { failed } from '../../ui/notice.ts';
import { useView } from '../../ui/store.ts';
import { jobsQuery, reportQuery } from '../queries.ts';
import { ImportReportTable } from './ImportReportTable.tsx';

type Change = EngineParams<'jobs.change'>['to'];

const phases: Readonly<Record<ImportPhase, string>> = {
  scan: 'Looking for images',
  read: 'Reading series',
  reports: 'Reading reports',
  embed: 'Describing lesions',
  index: 'Indexing',
};
const states: Readonly<Record<JobState, readonly [text: string, color: string]>> = {
  waiting: ['Waiting', 'gray'],
  running: ['Running', 'cyan'],
  paused: ['Paused', 'yellow'],
  done: ['Done', 'teal'],
  cancelled: ['Cancelled', 'gray'],
  failed: ['Failed', 'red'],
};
const actions: readonly {
  readonly to: Change;
  readonly label: string;
  readonly icon: typeof IconX;
  readonly when: readonly JobState[];
}[] = [
  { to: 'pause', label: 'Pause', icon: IconPlayerPause, when: ['running', 'waiting'] },
  { to: 'resume', label: 'Go on', icon: IconPlayerPlay, when: ['paused'] },
  { to: 'sooner', label: 'Before the others', icon: IconArrowUp, when: ['waiting', 'paused'] },
  { to: 'later', label: 'After the others', icon: IconArrowDown, when: ['waiting', 'paused'] },
  { to: 'cancel', label: 'Cancel', icon: IconX, when: ['running', 'waiting', 'paused'] },
  { to: 'forget', label: 'Remove from this list', icon: IconTrash, when: ['done', 'cancelled', 'failed'] },
];

export function JobList({ shown, show }: { shown: string | null; show: (job: string | null) => void }) {
  const jobs = useQuery(jobsQuery);
  if (jobs.error) return <Failure error={jobs.error} retry={() => void jobs.refetch()} />;
  if (!jobs.data) return <Loading text="Asking the engine" />;
  if (jobs.data.length === 0)
    return <Empty title="No imports yet" text="They are listed here, also after a restart." />;
  return (
    <div className="jobs">
      {jobs.data.map((job) => (
        <Job
          key={job.id}
          job={job}
          open={job.id === shown}
          toggle={() => show(job.id === shown ? null : job.id)}
        />
      ))}
    </div>
  );
}

function Job({ job, open, toggle }: { job: JobRow; open: boolean; toggle: () => void }) {
  const change = useMutation({
    mutationFn: (to: Change) => callEngine('jobs.change', { job: job.id, to }),
    onSuccess: (rows) => queryClient.setQueryData(jobsQuery.queryKey, rows),
    onError: (error) => failed('The import could not be changed', error),
  });
  const identity = useIdentity();
  const [text, color] = states[job.state];
  const { conflicts } = job;
  const [first, ...more] = job.sources;
  const reported = open && (job.finishedAt !== undefined || job.state === 'paused');
  return (
    <section className="job" data-testid="job" data-state={job.state}>
      <div className="row-line">
        <button type="button" className="text-button path" aria-expanded={open} onClick={toggle}>
          {open ? <IconChevronDown size={13} /> : <IconChevronRight size={13} />}
          {identity.text(first) || 'Import'}
          {more.length > 0 ? ` and ${count(more.length, 'more', 'more')}` : ''}
        </button>
        <Group gap={4} wrap="nowrap" flex="none">
          {job.origin === 'watch' && (
            <Badge size="xs" variant="outline" color="gray">
              Watched
            </Badge>
          )}
          <Badge size="xs" variant="light" color={color} data-testid={`import-${job.state}`}>
            {text}
          </Badge>
          {actions
            .filter(({ when }) => when.includes(job.state))
            .map(({ to, label, icon: Icon }) => (
              <Tooltip key={to} label={label}>
                <ActionIcon
                  size="sm"
                  variant="subtle"
                  color="gray"
                  aria-label={label}
                  data-testid={`import-${to}`}
                  onClick={() => change.mutate(to)}
                >
                  <Icon size={14} />
                </ActionIcon>
              </Tooltip>
            ))}
        </Group>
      </div>
      {job.progress && <JobProgress progress={job.progress} />}
      <div className="dim">
        {!reported && summary(job)}
        {conflicts > 0 && (
          <button
            type="button"
            className="text-button to-decide"
            onClick={() => useView.setState({ importTab: 'conflicts' })}
          >
            {count(conflicts, 'conflict')} to decide
          </button>
        )}
      </div>
      {job.error && <p className="failure">{identity.text(job.error) || 'It failed'}</p>}
      {reported && <JobReport job={job} />}
    </section>
  );
}

function summary({ imported, unchanged, skipped, warnings }: JobRow): string {
  const reports = imported.reports > 0 ? `, ${count(imported.reports, 'report')}` : '';
  return [
    `${count(imported.volumes, 'volume')}, ${count(imported.lesions, 'lesion')}${reports} imported`,
    ...(unchanged > 0 ? [`${whole(unchanged)} unchanged`] : []),
    ...(skipped > 0 ? [`${whole(skipped)} skipped`] : []),
    ...(warnings > 0 ? [count(warnings, 'note')] : []),
  ].join(' · ');
}

function JobProgress({ progress }: { progress: NonNullable<JobRow['progress']> }) {
  const { phase, done, total, bytesPerSecond, filesPerSecond, secondsLeft } = progress;
  return (
    <>
      <div className="row-line dim">
        <span>
          {phases[phase]}
          {total > 0 ? ` ${whole(done)} / ${whole(total)}` : ''}
        </span>
        <span className="number">
          {rate(bytesPerSecond, filesPerSecond)}
          {secondsLeft !== undefined && done < total ? ` · ${duration(secondsLeft)} left` : ''}
        </span>
      </div>
      <Progress
        aria-label="Progress of the import"
        size="sm"
        value={total > 0 ? (100 * done) / total : 100}
        animated
        striped={total === 0}
      />
    </>
  );
}

function JobReport({ job }: { job: JobRow }) {
  const report = useQuery(reportQuery(job));
  if (report.error) return <Failure error={report.error} retry={() => void report.refetch()} />;
  if (!report.data) return <Loading text="Reading the report" />;
  return <ImportReportTable report={report.data} />;
}
