/** Which automatic backups have made room for newer ones. */
import type { BackupManifest } from '../contract/backups.ts';

/** The newest backup of each of the last days that have one, and of each of the weeks before them. */
const keptDays = 7;
const keptWeeks = 4;

const dayMs = 86_400_000;

/** The names of those that may go, of any order. Backups made by hand or before a migration never do. */
export function supersededBackups(backups: readonly BackupManifest[]): string[] {
  const automatic = backups
    .filter(({ kind }) => kind === 'automatic')
    .sort((a, b) => b.at.localeCompare(a.at));
  const day = ({ at }: BackupManifest) => at.slice(0, 10);
  // 1970-01-05 was a Monday.
  const week = ({ at }: BackupManifest) => Math.floor((Date.parse(at.slice(0, 10)) / dayMs - 4) / 7);
  const newestOf = (groups: Map<unknown, BackupManifest[]>, most: number) =>
    [...groups.values()].slice(0, most).map(([newest]) => newest);
  const daily = newestOf(Map.groupBy(automatic, day), keptDays);
  const oldestDay = daily.at(-1);
  const before = automatic.filter((one) => oldestDay !== undefined && day(one) < day(oldestDay));
  const kept = new Set([...daily, ...newestOf(Map.groupBy(before, week), keptWeeks)]);
  return automatic.filter((one) => !kept.has(one)).map(({ name }) => name);
}
