import {
  decimalsFor,
  formatSummary,
  pairedDifference,
  type Summary,
  summarize,
} from '../charts/statistics.ts';
import { ConfigError, shown, unknownName } from '../errors.ts';
import { toJson } from '../json.ts';
import { resolveNorm } from '../nn/norm/createNorm.ts';
import { codeName } from '../train/code/names.ts';
import { configFields } from '../train/config.ts';
import type { TrainResult } from '../train/result.ts';
import type { SettingName } from '../train/settings.ts';
import type { FinishedFolderRun } from './folderRuns.ts';
import type { MeasureName } from './measures.ts';
import { finalValue } from './results.ts';

/** What is compared of a finished run. */
export type FinishedRun = Pick<FinishedFolderRun, 'config' | 'result'>;

/** Runs that differ in their seed only. */
interface Group {
  /** The values of the fields that tell groups apart. */
  values: readonly string[];
  summary: Summary;
  /** Seed by seed against the baseline; undefined for the baseline itself, and where there is none. */
  difference: Summary | undefined;
}

export type Field = Exclude<SettingName, 'seed' | 'dataDir'>;

/** The settings that are not the same in all runs, seeds apart. */
export function differingFields(runs: readonly FinishedRun[]): Field[] {
  return configFields.filter(
    (field): field is Field =>
      field !== 'seed' && field !== 'dataDir' && varies(runs.map(({ config }) => config[field])),
  );
}

/** Whether some of the values of a setting are not the first one's. */
export function varies(values: readonly unknown[]): boolean {
  const [first] = values;
  return values.some((value) => value !== first && settingText(value) !== settingText(first));
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
): { fields: readonly Field[]; groups: readonly Group[] } {
  const checked = fields.map(checkField);
  const valuesOf = ({ config }: FinishedRun) => checked.map((field) => settingText(config[field]));
  const groups = new Map(groupRuns(runs, checked).map((group) => [toJson(valuesOf(group[0])), group]));
  const endOf = ({ status, train, test }: TrainResult) => finalValue({ status, train, test }, measure);
  const bySeed = (group: readonly FinishedRun[]) =>
    new Map(group.map(({ config, result }) => [config.seed, endOf(result)]));

  if (baseline !== undefined && checked.length === 0) {
    throw new ConfigError(
      'baseline',
      `the runs differ in nothing but the seed, so that none is ${shown(baseline)}`,
      ['leave it out, or name the setting it is a value of: --by norm'],
    );
  }
  if (baseline !== undefined && !runs.some((run) => valuesOf(run)[0] === baseline)) {
    const known = [...new Set(runs.map((run) => valuesOf(run)[0]))];
    throw new ConfigError('baseline', unknownName(checked[0], baseline, known), [
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
  return { fields: checked, groups: compared.sort((a, b) => compareValues(a.values, b.values, baseline)) };
}

/**
 * The runs that have the same values in `fields`, together. A ConfigError where such runs differ in anything but their seed, the
 * field `across`, which is then the x axis of a chart, and what follows from it (a learning rate in proportion to the batch).
 */
export function groupRuns<Run extends FinishedRun>(
  runs: readonly Run[],
  fields: readonly Field[],
  across?: Field,
): Run[][] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = toJson(fields.map((field) => settingText(run.config[field])));
    const group = groups.get(key);
    if (group) group.push(run);
    else groups.set(key, [run]);
  }
  for (const group of groups.values()) refuseMixed(group, across);
  return [...groups.values()];
}

/** The baseline as configurations have it: a norm may have been named otherwise. */
export function baselineOf(fields: readonly string[], named: string | undefined): string | undefined {
  return named !== undefined && fields[0] === 'norm' ? (resolveNorm(named) ?? named) : named;
}

/** One of the settings that runs can be told apart by; a ConfigError for any other word. */
export function checkField(name: string): Field {
  const fields = configFields.filter((field) => field !== 'seed' && field !== 'dataDir');
  if ((fields as string[]).includes(name)) return name as Field;
  throw new ConfigError('by', unknownName('setting', name, fields), [`one of: ${fields.join(', ')}`]);
}

function refuseMixed(group: readonly FinishedRun[], across?: Field): void {
  const places = across ? new Set(group.map(({ config }) => settingText(config[across]))) : [undefined];
  const others = [...places].flatMap((place) =>
    differingFields(across ? group.filter(({ config }) => settingText(config[across]) === place) : group),
  );
  if (others.length > 0) {
    throw new ConfigError('by', `runs of one group also differ in ${[...new Set(others)].join(', ')}`, [
      'add that to --by',
    ]);
  }
  for (const place of places) {
    refuseOtherTexts(across ? group.filter(({ config }) => settingText(config[across]) === place) : group);
  }
  const seeds = group.map(({ config }) => toJson([config.seed, across && settingText(config[across])]));
  if (new Set(seeds).size === seeds.length) return;
  throw new ConfigError(undefined, 'the same run lies in two of the folders', ['name each folder once']);
}

/** Two texts of one file are two things, and their runs no seeds of one. */
function refuseOtherTexts(runs: readonly FinishedRun[]): void {
  const texts = runs.map(({ config }) => toJson(Object.values(config.code ?? {}).sort()));
  if (new Set(texts).size <= 1) return;
  const files = [...new Set(runs.flatMap(({ config }) => Object.keys(config.code ?? {})))];
  throw new ConfigError('by', `runs of one group are of other texts of ${files.join(', ')}`, [
    'the file was changed between them: name the folders of one text only',
  ]);
}

/** For sorting: the baseline first, then numbers by size and names by the alphabet. */
export function compareValues(a: readonly string[], b: readonly string[], baseline?: string): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    if (i === 0 && a[i] === baseline) return -1;
    if (i === 0 && b[i] === baseline) return 1;
    const difference = Number(a[i]) - Number(b[i]);
    return Number.isNaN(difference) ? a[i].localeCompare(b[i], 'en') : difference;
  }
  return 0;
}

/** `98.1 ± 0.2 (n = 3)`, with as many decimals as its spread allows. */
export function summaryText(summary: Summary): string {
  return formatSummary(summary, { decimals: decimalsFor(summary), showN: true });
}

/** The same with its sign. */
export function differenceText(difference: Summary): string {
  return `${difference.mean > 0 ? '+' : ''}${summaryText(difference)}`;
}

/** `0.1`, `64-64`, `null`: the value of a setting. */
export function settingText(value: unknown): string {
  return typeof value === 'string' ? codeName(value) : Array.isArray(value) ? value.join('-') : toJson(value);
}
