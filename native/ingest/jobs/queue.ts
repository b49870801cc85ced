/**
 * The import jobs of a library: which of them run, wait, were paused or have ended. What a job has done is in the catalog,
 * so running, pausing, closing and dying are all the same to it: it goes on with its next piece of work.
 */

import { join } from 'node:path';
import type { Job, NewJob } from '../../catalog/jobs.ts';
import { PrecedentError } from '../../contract/errors.ts';
import type { ConflictDecision, ImportProgress, ImportReport, JobRow } from '../../contract/jobs.ts';
import { removeFolder } from '../../files/files.ts';
import { runJob } from './runJob.ts';
import type { JobServices } from './work.ts';

export type JobChange = 'pause' | 'resume' | 'cancel' | 'sooner' | 'later' | 'forget';

interface Events {
  readonly onJob: (job: JobRow) => void;
  /** The library holds other things now. */
  readonly onLibrary: () => void;
}
interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  progress: ImportProgress | undefined;
}
type Listener = (job: JobRow) => void;

/** More at once would only compete for the same readers. */
const mostRunning = 2;
/** Windows are told of progress no more often than this. */
const tellMs = 250;

export class JobQueue {
  readonly #services: JobServices;
  readonly #events: Events;
  readonly #running = new Map<string, Running>();
  readonly #listeners = new Map<string, Set<Listener>>();
  /** The jobs that this engine was asked for; others run only after `goOn`. */
  readonly #own = new Set<string>();
  #goesOn = false;
  #held = 0;
  #closed = false;
  #step: Promise<unknown> = Promise.resolve();

  constructor(services: JobServices, events: Events) {
    this.#services = services;
    this.#events = events;
  }

  get #jobs() {
    return this.#services.library.jobs;
  }

  list(): JobRow[] {
    return this.#jobs.rows().map((row) => this.#withProgress(row));
  }

  /** Goes on with what an engine before this one left unfinished. */
  goOn(): void {
    this.#goesOn = true;
    this.#jobs.wake();
    this.#next();
  }

  /** Adds a job and starts it in its turn. */
  start(job: NewJob): JobRow {
    const id = this.#jobs.add(job);
    this.#own.add(id);
    this.#next();
    return this.#row(id);
  }

  /** Runs a job to its end; an equal one that was cut off is taken up instead. Cancelling the wait cancels the job. */
  async run(
    job: NewJob,
    signal: AbortSignal,
    progress: (progress: ImportProgress) => void,
  ): Promise<ImportReport> {
    const same = this.#jobs.same(job);
    const id = same?.id ?? this.#jobs.add(job);
    this.#own.add(id);
    if (!this.#running.has(id)) this.#jobs.setState(id, 'waiting');
    this.#unwritten.delete(id);
    const cancel = () => void this.change(id, 'cancel').catch(() => undefined);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const ended = this.#ended(id, (row) => row.progress && progress(row.progress));
      if (signal.aborted) cancel();
      this.#next();
      const { state, error } = await ended;
      if (state === 'done') return this.#jobs.report(id);
      if (state === 'failed')
        throw this.#failure(id) ?? new PrecedentError('internal', error ?? 'the import failed');
      throw new PrecedentError('cancelled', 'the import was cancelled');
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Throws `not-found`; `refused` for what cannot be done to a job in its state. */
  async change(id: string, to: JobChange): Promise<void> {
    const { state } = this.#jobs.job(id);
    const ended = state === 'done' || state === 'cancelled' || state === 'failed';
    if (to === 'forget') {
      this.#jobs.forget(id);
      return;
    }
    if (ended) throw new PrecedentError('refused', 'the import has ended');
    if (to === 'sooner' || to === 'later') this.#jobs.prioritise(id, to);
    else {
      if (to === 'resume') this.#own.add(id);
      this.#unwritten.delete(id);
      this.#jobs.setState(id, to === 'pause' ? 'paused' : to === 'resume' ? 'waiting' : 'cancelled');
      if (to !== 'resume') await this.#stop(id);
      if (to === 'cancel') await removeFolder(join(this.#services.library.layout.unpacked, id));
    }
    this.#tell(id);
    this.#next();
  }

  /** Settles a conflict; reading the files again is a part of their job. */
  decide(conflict: string, decision: ConflictDecision): void {
    const job = this.#jobs.decide(conflict, decision);
    if (job === undefined) return;
    this.#own.add(job);
    if (!this.#running.has(job)) this.#jobs.setState(job, 'waiting');
    this.#next();
  }

  /** Stops every job, runs `work` alone, and lets them go on. */
  async held<T>(work: () => Promise<T>): Promise<T> {
    this.#held++;
    try {
      await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)));
      return await work();
    } finally {
      this.#held--;
      this.#next();
    }
  }

  /** Lets each job come to a safe point; what ran goes on when the library is opened again. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)));
  }

  async #stop(id: string): Promise<void> {
    const running = this.#running.get(id);
    running?.abort.abort();
    await running?.ended;
  }

  #next(): void {
    if (this.#closed || this.#held > 0) return;
    for (const job of this.#jobs.waiting()) {
      if (this.#running.size >= mostRunning) return;
      const isMine = this.#goesOn || this.#own.has(job.id);
      if (!isMine || this.#running.has(job.id) || this.#unwritten.has(job.id)) continue;
      try {
        this.#begin(job);
      } catch (thrown) {
        this.#running.delete(job.id);
        this.#unwritten.set(job.id, PrecedentError.from(thrown));
        this.#tell(job.id);
      }
    }
  }

  #begin(job: Job): void {
    const abort = new AbortController();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const running: Running = { abort, ended, progress: undefined };
    this.#running.set(job.id, running);
    this.#jobs.setState(job.id, 'running');
    this.#tell(job.id);
    let told = 0;
    const progress = (progress: ImportProgress) => {
      const isNews = running.progress?.phase !== progress.phase || progress.done === progress.total;
      running.progress = progress;
      const now = performance.now();
      if (!isNews && now - told < tellMs) return;
      told = now;
      this.#tell(job.id);
    };
    const { onLibrary } = this.#events;
    runJob({
      services: this.#services,
      job,
      signal: abort.signal,
      progress,
      oneAtATime: (step) => this.#oneAtATime(step),
      changed: onLibrary,
    })
      .then(
        () => this.#finish(job.id, 'done'),
        (thrown: unknown) => this.#failed(job.id, PrecedentError.from(thrown)),
      )
      .catch((thrown: unknown) => this.#unwritten.set(job.id, PrecedentError.from(thrown)))
      .finally(() => {
        this.#running.delete(job.id);
        onLibrary();
        this.#tell(job.id);
        end();
        this.#next();
      });
  }

  /** A step of one job never runs into that of another. */
  #oneAtATime<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#step.then(step);
    this.#step = result.catch(() => undefined);
    return result;
  }

  /** Jobs that ended when not even that could be written: by the catalog they still run, and they go on at the next start. */
  readonly #unwritten = new Map<string, PrecedentError>();
  readonly #failures = new Map<string, PrecedentError>();
  #failure(id: string): PrecedentError | undefined {
    const error = this.#failures.get(id) ?? this.#unwritten.get(id);
    this.#failures.delete(id);
    return error;
  }

  #finish(id: string, state: 'done' | 'failed', error?: string): void {
    // A decision that came meanwhile left a further piece of work.
    const more = state === 'done' && this.#jobs.open(id).length > 0;
    this.#jobs.setState(id, more ? 'waiting' : state, error);
  }

  /** Stopped by a pause, a cancel or the end of the engine, a job is what that made it; else it has failed. */
  #failed(id: string, error: PrecedentError): void {
    if (this.#running.get(id)?.abort.signal.aborted) {
      if (this.#jobs.job(id).state === 'running') this.#jobs.setState(id, 'waiting');
      return;
    }
    this.#failures.set(id, error);
    this.#finish(id, 'failed', error.message);
  }

  #row(id: string): JobRow {
    return this.#withProgress(this.#jobs.row(id));
  }

  #withProgress(row: JobRow): JobRow {
    const unwritten = this.#unwritten.get(row.id);
    if (unwritten) return { ...row, state: 'failed', error: unwritten.message };
    return { ...row, progress: this.#running.get(row.id)?.progress };
  }

  #tell(id: string): void {
    const row = this.#row(id);
    this.#events.onJob(row);
    for (const listener of this.#listeners.get(id) ?? []) listener(row);
  }

  /** Resolves with the row of the job once it runs no more and will not run again by itself. */
  #ended(id: string, onChange: Listener): Promise<JobRow> {
    const { promise, resolve } = Promise.withResolvers<JobRow>();
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners);
    const listener: Listener = (row) => {
      onChange(row);
      const isOver = row.state !== 'waiting' && row.state !== 'running';
      if (!isOver || this.#running.has(id)) return;
      listeners.delete(listener);
      resolve(row);
    };
    listeners.add(listener);
    return promise;
  }
}
