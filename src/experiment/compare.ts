import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pairedDifference, type Summary, summarize } from '../report/statistics.ts';
import { configFields, type TrainConfig } from '../train/config.ts';
import { ConfigError, RunFolderError } from '../train/errors.ts';
import { fromJson, toJson } from '../train/metrics.ts';
import { unknownName } from '../train/nearest.ts';
import type { TrainResult } from '../train/result.ts';
import { readResult } from '../train/runFolder.ts';
import { decisiveFields } from '../train/runName.ts';
import type { MeasureName } from './measures.ts';
import { finalValue } from './results.ts';

/** A run folder that is finished. */
export interface FinishedRun {
  config: TrainConfig;
  result: TrainResult;
}

/** Runs that differ in their seed only. */
export interface Group {
  /** The values of the fields that tell groups apart. */
  values: readonly string[];
  summary: Summary;
  /** Seed by seed against the baseline; undefined for the baseline itself, and where there is none. */
  difference: Summary | undefined;
}

export interface Comparison {
  fields: readonly Field[];
  groups: readonly Group[];
}

type Field = Exclude<keyof TrainConfig, 'seed' | 'dataDir'>;

/** Every finished run in these folders and below; `unfinished` counts the others. */
export function findRuns(folders: readonly string[]): { runs: FinishedRun[]; unfinished: number } {
  const runs: FinishedRun[] = [];
  let unfinished = 0;
  const visit = (folder: string) => {
    const file = join(folder, 'config.json');
    if (existsSync(file)) {
      const result = readResult(folder);
      if (result) runs.push({ config: fromJson(readFileSync(file, 'utf8')) as TrainConfig, result });
      else unfinished++;
      return;
    }
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) visit(join(folder, entry.name));
    }
  };
  for (const folder of folders) {
    if (!existsSync(folder)) throw new RunFolderError(`there is no folder ${folder}`);
    visit(folder);
  }
  return { runs, unfinished };
}

/** The settings that are not the same in all runs, seeds apart. */
export function differingFields(runs: readonly FinishedRun[]): Field[] {
  return configFields.filter(
    (field): field is Field =>
      field !== 'seed' &&
      field !== 'dataDir' &&
      new Set(runs.map(({ config }) => shown(config[field]))).size > 1,
  );
}

/**
 * Groups `runs` by `fields` and compares each group with the one that has `baseline` in the first field and the same
 * values in all others. Throws a ConfigError where runs of one group differ in anything but their seed.
 */
export function compareRuns(
  runs: readonly FinishedRun[],
  measure: MeasureName,
  fields: readonly string[] = differingFields(runs),
  baseline?: string,
): Comparison {
  const checked = fields.map(checkField);
  const valuesOf = ({ config }: FinishedRun) => checked.map((field) => shown(config[field]));
  const groups = new Map<string, FinishedRun[]>();
  for (const run of runs) {
    const key = toJson(valuesOf(run));
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  for (const group of groups.values()) refuseMixed(group);
  const bySeed = (group: readonly FinishedRun[]) =>
    new Map(group.map(({ config, result }) => [config.seed, endOf(result, measure)]));

  if (baseline !== undefined && !runs.some((run) => valuesOf(run)[0] === baseline)) {
    const known = [...new Set(runs.map((run) => valuesOf(run)[0]))];
    throw new ConfigError('baseline', unknownName(checked[0] ?? 'value', baseline, known), [
      `one of: ${known.join(', ')}`,
    ]);
  }
  const compared = [...groups.values()].map((group): Group => {
    const values = valuesOf(group[0]);
    const against = groups.get(toJson([baseline, ...values.slice(1)]));
    return {
      values,
      summary: summarize([...bySeed(group).values()]),
      difference: against && against !== group ? pairedDifference(bySeed(group), bySeed(against)) : undefined,
    };
  });
  return { fields: checked, groups: compared.sort((a, b) => order(a.values, b.values, baseline)) };
}

function endOf({ status, train, test }: TrainResult, measure: MeasureName): number {
  return finalValue({ status, train, test }, measure);
}

function checkField(name: string): Field {
  const fields = configFields.filter((field) => field !== 'seed' && field !== 'dataDir');
  if ((fields as string[]).includes(name)) return name as Field;
  throw new ConfigError('by', unknownName('setting', name, fields), [`one of: ${fields.join(', ')}`]);
}

function refuseMixed(group: readonly FinishedRun[]): void {
  const others = differingFields(group);
  if (others.length > 0) {
    throw new ConfigError('by', `runs of one row also differ in ${others.join(', ')}`, ['add that to --by']);
  }
  const seeds = group.map(({ config }) => toJson(decisiveFields(config)));
  if (new Set(seeds).size === seeds.length) return;
  throw new ConfigError(undefined, 'the same run lies in two of the folders', ['name each folder once']);
}

/** The baseline first, then numbers by size and names by the alphabet. */
function order(a: readonly string[], b: readonly string[], baseline?: string): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    if (i === 0 && a[i] === baseline) return -1;
    if (i === 0 && b[i] === baseline) return 1;
    const difference = Number(a[i]) - Number(b[i]);
    return Number.isNaN(difference) ? a[i].localeCompare(b[i], 'en') : difference;
  }
  return 0;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : Array.isArray(value) ? value.join('-') : toJson(value);
}
