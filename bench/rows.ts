import type { Measured, Result } from './measure.ts';

/** Tables of results. Training steps also have what their processes took: memory, and the time until the first step was done. */

export function headOf(group: string, peer: string | null): string {
  const times = ['ms median', 'min', 'quartiles', ...(peer ? [peer, 'min', 'ratio (range)'] : [])];
  const processes = ['MB', ...(peer ? [peer] : []), 'start s', ...(peer ? [peer] : [])];
  const isSteps = group === 'training steps';
  const widths = [10, 9, 14, 9, 9, 18];
  const left = times.map((each, i) => each.padStart(widths[i])).join('');
  const right = isSteps ? processes.map((each) => each.padStart(9)).join('') : '';
  return `\n${group}\n${''.padEnd(NAME)}${left}${right}`;
}

export function rowOf(result: Result): string {
  const { case: benchCase, ours, peer, missing, ratio, gflops } = result;
  const cells = [benchCase.name.padEnd(NAME), timesOf(ours, 10), quartilesOf(ours)];
  if (peer && ratio) {
    const range = `(${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)})`;
    cells.push(timesOf(peer, 9), `${ratio.median.toFixed(2)} ${range}`.padStart(18));
  } else if (missing !== null) cells.push(` not there: ${missing}`);
  if (benchCase.kind === 'step' && missing === null) {
    const both = peer ? [ours, peer] : [ours];
    cells.push(...both.map(({ memory }) => (memory?.toFixed(0) ?? '?').padStart(9)));
    cells.push(...both.map(({ start }) => start.toFixed(2).padStart(9)));
  }
  if (gflops !== null) cells.push(`  ${gflops.toFixed(0)} GFLOP/s`);
  return cells.join('') + complaintOf(result);
}

const NAME = 32;
const digits = (value: number): string => (value < 1000 ? value.toPrecision(3) : value.toFixed(0));

function timesOf({ times }: Measured, width: number): string {
  return digits(times.median).padStart(width) + digits(times.min).padStart(9);
}

function quartilesOf({ times: { low, high } }: Measured): string {
  return `${digits(low)}-${digits(high)}`.padStart(14);
}

/** A row whose sides do not compute the same says nothing. */
function complaintOf({ losses }: Result): string {
  if (losses === null || losses.agree) return '';
  const list = (values: readonly number[]) => values.map((value) => value?.toPrecision(6)).join(' ');
  return `\n  ! the losses of the first steps differ: ${list(losses.ours)} here, ${list(losses.peer)} there`;
}
