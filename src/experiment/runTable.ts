import { type Html, html } from '../charts/html.ts';
import { dataTable, facts } from '../charts/pageParts.ts';
import { grouped, plural } from '../errors.ts';
import { configFields, resolveConfig, type TrainConfig } from '../train/config.ts';
import type { Score } from '../train/metrics.ts';
import { xLabel } from './figure.ts';
import { settingText, varies } from './seedGroups.ts';

/** A run as a report lists it. */
interface ReportedRun {
  /** What its report calls it, `{ norm: 'batch' }`; all runs of a report have the same keys. */
  names: Readonly<Record<string, string | number>>;
  seed: number;
  /** Undefined where it is not known any more. */
  config: TrainConfig | undefined;
  /** done, or what happened instead. */
  status: string;
  why?: string;
  train: Score | null;
  test: Score | null;
  seconds?: number;
  digest?: string;
}

/** As many runs can be looked through at a glance; more are folded away. */
const FEW = 24;
/** A browser gets slow with more rows than that. */
const MOST = 2_000;
/** Of every run, also where they are the default. */
const TELLING: readonly (keyof TrainConfig)[] = [
  'dataset',
  'model',
  'norm',
  'optimizer',
  'lr',
  'batchSize',
  'epochs',
];

/** The settings that all runs share, and a row per run with those in which they differ and what came out. */
export function runSection(runs: readonly ReportedRun[]): Html {
  const configs = runs.flatMap(({ config }) => config ?? []);
  const differs = configFields.filter(
    (field) => field !== 'dataDir' && varies(configs.map((config) => config[field])),
  );
  const shared = configFields.filter((field) => field !== 'dataDir' && !differs.includes(field));
  const names = Object.keys(runs[0]?.names ?? {});
  // An axis that is named for a setting says its value already.
  const columns = differs.filter((field) => field !== 'seed' && !names.includes(field));
  const [first] = configs;
  const rows = listed(runs).map(({ config, status, why, train, test, seconds, digest, ...run }) => [
    ...(names.length === 0 ? [''] : names.map((name) => String(run.names[name]))),
    ...columns.map((field) => (config ? text(config[field]) : '?')),
    String(run.seed),
    html`<span class="${status === 'done' ? 'held' : 'failed'}">${status}</span>${why && ` ${why}`}`,
    decimal(train?.loss, 4),
    decimal(test?.loss, 4),
    decimal(test && 100 * test.accuracy, 2),
    decimal(seconds, 1),
    html`<code>${digest ?? ''}</code>`,
  ]);
  const table = dataTable({
    name: 'Every run',
    heads: [
      ...(names.length === 0 ? ['run'] : names.map(xLabel)),
      ...columns,
      'seed',
      'status',
      'train loss',
      'test loss',
      'test acc. %',
      's',
      'digest',
    ],
    rows,
    words: Math.max(1, names.length),
    dense: true,
  });
  const isCut = runs.length > MOST;
  const count = isCut ? `${grouped(MOST)} of ${grouped(runs.length)} runs` : plural(runs.length, 'run');
  return html`
${first && sharedSettings(shared, first)}
<details${runs.length <= FEW && html` open`}><summary>${count}, one by one</summary>
${
  isCut &&
  html`<p>Runs that are not done come first. What is not listed is in the folders of the runs (result.json), and in all figures
and comparisons.</p>`
}${table}
</details>`;
}

function listed(runs: readonly ReportedRun[]): readonly ReportedRun[] {
  if (runs.length <= MOST) return runs;
  const isDone = ({ status }: ReportedRun) => status === 'done';
  return [...runs.filter((run) => !isDone(run)), ...runs.filter(isDone)].slice(0, MOST);
}

/** First what was chosen, and what says most of a run; the rest, at its defaults, is folded away. */
function sharedSettings(shared: readonly (keyof TrainConfig)[], config: TrainConfig): Html {
  const usual = resolveConfig({ optimizer: config.optimizer });
  const isTelling = (field: keyof TrainConfig) =>
    TELLING.includes(field) || text(config[field]) !== text(usual[field]);
  const list = (fields: readonly (keyof TrainConfig)[]) =>
    facts(
      fields.map((field) => [field, text(config[field])]),
      'settings',
    );
  const others = shared.filter((field) => !isTelling(field));
  return html`<details open><summary>What all runs share</summary>
${list(shared.filter(isTelling))}
${
  others.length > 0 &&
  html`<details><summary>${plural(others.length, 'more setting')}, at the default</summary>
${list(others)}
</details>`
}
</details>`;
}

function text(value: unknown): string {
  if (value === null || value === undefined) return 'default';
  return Array.isArray(value) && value.length === 0 ? 'none' : settingText(value);
}

function decimal(value: number | null | undefined, decimals: number): string {
  return value === null || value === undefined ? '–' : value.toFixed(decimals);
}
