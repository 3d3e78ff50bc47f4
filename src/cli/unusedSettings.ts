import { plural } from '../errors.ts';
import { codeName } from '../train/code/names.ts';
import type { TrainConfig } from '../train/config.ts';
import { unusedSettings } from '../train/unused.ts';
import type { Output } from './output.ts';
import { passOver } from './untakenOptions.ts';

/** Says which of the fields that were given change nothing in some of the runs; `named` is how they were given. */
export function warnOfUnused(
  runs: readonly TrainConfig[],
  fields: Iterable<string>,
  output: Output,
  named: (field: string) => string = (field) => field,
): void {
  for (const field of new Set(fields)) {
    const idle = runs.flatMap((config) =>
      unusedSettings(config, [field]).map(({ because }) => ({ because, value: config[because] })),
    );
    if (idle.length === 0) continue;
    const where = runs.length === 1 ? '' : ` in ${partOf(idle.length, runs.length)}`;
    output.warn(`${named(field)} changes nothing${where}: ${whyNot(idle, named)}`);
  }
}

function partOf(idle: number, runs: number): string {
  return idle === runs ? 'any run' : `${idle} of ${plural(runs, 'run')}`;
}

function whyNot(
  idle: readonly { because: string; value: unknown }[],
  named: (field: string) => string,
): string {
  const [{ because, value }] = idle;
  const names = [
    ...new Set(idle.flatMap((each) => (typeof each.value === 'string' ? codeName(each.value) : []))),
  ];
  if (names.join() === 'none' || typeof value === 'number') return `${named(because)} is ${value}`;
  return names.length === 0 ? `there is no ${named(because)}` : passOver(names, ` (${named(because)})`);
}
