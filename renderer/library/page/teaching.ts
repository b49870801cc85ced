/** The export of the selected lesions as a teaching file: one at a time, on while the page is closed, until it is done or cancelled. */
import { create } from 'zustand';
import { bridge } from '../../bridge.ts';
import { callEngine } from '../../engine.ts';
import { count } from '../../ui/format.ts';
import { failed, notice } from '../../ui/notice.ts';

interface Running {
  readonly abort: AbortController;
  readonly done: number;
  readonly total: number;
}
export const useTeaching = create<{ readonly running: Running | null }>(() => ({ running: null }));

export interface TeachingOptions {
  readonly as: 'folder' | 'zip';
  readonly title: string;
  readonly reports: boolean;
  readonly identified: boolean;
}

/** Asks where, and writes there. */
export async function exportTeaching(
  lesions: readonly string[],
  { as, title, reports, identified }: TeachingOptions,
): Promise<void> {
  if (useTeaching.getState().running) return;
  const abort = new AbortController();
  try {
    const target = await bridge.chooseExport(as === 'zip' ? 'teaching-file.zip' : 'teaching-file');
    if (!target) return;
    useTeaching.setState({ running: { abort, done: 0, total: lesions.length } });
    const { cases, failed: left } = await callEngine(
      'takeaway.teaching',
      { lesions: [...lesions], title, reports, identified, target: target.token },
      { signal: abort.signal, onProgress: (at) => useTeaching.setState({ running: { abort, ...at } }) },
    );
    const whole = `${count(cases, 'case')} in ${target.label}`;
    if (left.length === 0) notice('done', 'Teaching file written', whole);
    else
      notice(
        'warning',
        'Teaching file written in part',
        `${whole}; ${count(left.length, 'lesion')} could not be exported: ${left[0].reason}.`,
      );
  } catch (error) {
    failed('The teaching file was not written', error);
  } finally {
    useTeaching.setState({ running: null });
  }
}
