/** A patient's examinations with their volumes, and how far they lie apart. */
import type { StudyRow, VolumeRow } from '../../native/contract/model.ts';

/** One examination; those of a patient stand newest first, and without a date last. */
export interface Examination {
  readonly study: StudyRow;
  readonly volumes: readonly VolumeRow[];
}

export function examinationsOf(
  studies: readonly StudyRow[],
  volumes: readonly VolumeRow[],
): readonly Examination[] {
  return studies
    .map((study) => ({ study, volumes: volumes.filter((one) => one.study === study.studyInstanceUid) }))
    .filter((one) => one.volumes.length > 0)
    .sort((a, b) => (b.study.date ?? '').localeCompare(a.study.date ?? ''));
}

/** How long before (negative) or after another an examination was, as it is said; null where a date is missing. */
export function interval(date: string | undefined, from: string | undefined): string | null {
  const days = (dayOf(date) ?? Number.NaN) - (dayOf(from) ?? Number.NaN);
  if (Number.isNaN(days)) return null;
  if (days === 0) return 'same day';
  const size = Math.abs(days);
  const [count, unit] =
    size < 60
      ? [size, 'day']
      : size < 2 * 365
        ? [Math.round(size / 30.44), 'month']
        : [Math.round(size / 365.25), 'year'];
  return `${count} ${unit}${count === 1 ? '' : 's'} ${days < 0 ? 'earlier' : 'later'}`;
}

/** Days since 1970 of a DICOM date (YYYYMMDD). */
function dayOf(date: string | undefined): number | null {
  const match = date?.match(/^(\d{4})(\d{2})(\d{2})$/);
  return match ? Date.UTC(+match[1], +match[2] - 1, +match[3]) / 86_400_000 : null;
}
