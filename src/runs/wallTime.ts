import { readResult, readRun } from './record.ts';

/**
 * Seconds by the clock in which at least one of the finished runs in these folders was trained: less than all their seconds
 * together where several trained at once. Also right if they were trained in several goes; of a run that was resumed,
 * all its time counts as just before its end.
 */
export function wallSeconds(folders: readonly string[]): number {
  const spans = folders.flatMap((folder) => {
    const ended = Date.parse(readRun(folder)?.ended ?? '') / 1000;
    const { seconds = Number.NaN } = readResult(folder) ?? {};
    return Number.isFinite(ended - seconds) ? [{ begin: ended - seconds, end: ended }] : [];
  });
  let total = 0;
  let covered = Number.NEGATIVE_INFINITY;
  for (const { begin, end } of spans.sort((a, b) => a.begin - b.begin)) {
    total += Math.max(0, end - Math.max(begin, covered));
    covered = Math.max(covered, end);
  }
  return total;
}
