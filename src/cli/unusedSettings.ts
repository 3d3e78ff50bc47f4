import { plural } from '../errors.ts';
import { codeName } from '../train/code/names.ts';
import type { TrainConfig } from '../train/config.ts';
import { unusedSettings } from '../train/unused.ts';
import type { Output } from './output.ts';
import { takeNone } from './untakenOptions.ts';

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
    const where = runs.length === 1 ? '' : ` in ${idle.length} of ${plural(runs.length, 'run')}`;
    output.warn(`${named(field)} changes nothing${where}: ${whyNot(idle, named)}`);
  }
}

function whyNot(
  idle: readonly { because: string; value: unknown }[],
  named: (field: string) => string,
): string {
  const [{ because }] = idle;
  const names = [...new Set(idle.flatMap(({ value }) => (typeof value === 'string' ? codeName(value) : [])))];
  if (names.length === 0) return `there is no ${named(because)}`;
  if (names.join() === 'none') return `${named(because)} is none`;
  return takeNone(names, ` (${named(because)})`);
}
