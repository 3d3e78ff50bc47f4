import { ConfigError, unknownName } from '../errors.ts';
import { type MeasureName, measures } from '../experiment/measures.ts';
import { UsageError } from './exit.ts';

/** Every measure, and those that need nothing but the end of a run. */
export const measureNames = Object.keys(measures) as MeasureName[];
export const endMeasures = measureNames.filter((name) => !measures[name].needsSteps);

/** The value of `--measure` or the like: one of `allowed`. */
export function checkMeasure(flag: string, name: string, allowed: readonly MeasureName[]): MeasureName {
  const known = allowed.find((each) => each === name);
  if (known) return known;
  throw new UsageError(`--${flag}: ${unknownName('measure', name, [...allowed])}`, [
    `one of: ${allowed.join(', ')}`,
  ]);
}

/** What a ConfigError calls a field is called `--field` on the command line. */
export function asFlags<T>(fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (!(error instanceof ConfigError) || error.field === undefined) throw error;
    throw new UsageError(`--${error.field}: ${error.problem}`, error.hint);
  }
}
