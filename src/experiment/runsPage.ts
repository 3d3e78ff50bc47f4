import { type Html, html, htmlPage } from '../charts/html.ts';
import type { LineChart } from '../charts/lineChart.ts';
import { dataTable, facts, figure } from '../charts/pageParts.ts';
import { pageStyle } from '../charts/pageStyle.ts';
import { plural } from '../errors.ts';
import { version } from '../runs/version.ts';
import { whatIsWrong } from '../train/result.ts';
import { describeSettings } from './describeSettings.ts';
import { xLabel } from './figure.ts';
import { type FinishedFolderRun, type FolderRun, isFinished } from './folderRuns.ts';
import { type MeasureName, measureLabel } from './measures.ts';
import { plotRuns } from './plotRuns.ts';
import { footer } from './reportPage.ts';
import { runSection } from './runTable.ts';
import {
  baselineOf,
  checkField,
  compareRuns,
  compareValues,
  differenceText,
  differingFields,
  type Field,
  settingText,
  summaryText,
} from './seedGroups.ts';

interface RunsPageOptions {
  title: string;
  /** Default testAccuracy. */
  measure?: MeasureName;
  /** A row for each combination of these settings; by default all that differ. */
  by?: readonly string[];
  /** Of the first of these; by default 'none', if that is the norm of some. */
  baseline?: string;
  /** Runs of a sweep that were not begun. */
  missing?: number;
}

/** More curves in one chart hide one another. */
const MOST_CURVES = 8;

/** The report of runs that belong to no experiment, as one HTML file. At least one of them is finished. */
export function runsPage(runs: readonly FolderRun[], options: RunsPageOptions): string {
  const { title, measure = 'testAccuracy', missing = 0 } = options;
  const finished = runs.filter(isFinished);
  const fields = (options.by ?? differingFields(finished)).map(checkField);
  const charts = chartsOf(finished, measure, fields);
  return htmlPage({
    title: `${title} · normgrad`,
    style: pageStyle,
    body: html`<main>
<header>
<p class="kind">normgrad runs</p>
<h1>${title}</h1>
<p class="source">${describeSettings(finished)}</p>
<ul class="summary">${counts(runs, missing).map((each) => html`<li>${each}</li>`)}</ul>
</header>
<section><h2>${charts.length === 1 ? 'Figure' : 'Figures'}</h2>
${charts.map((chart, i) => figure(i + 1, chart))}
</section>
<section><h2>Comparison</h2>
${comparison(finished, measure, fields, options.baseline)}
</section>
<section><h2>Run it again</h2>
${again(runs)}
</section>
<section><h2>Every run</h2>
${runSection(runs.map(reported))}
</section>
${footer(version)}
</main>`,
  });
}

function counts(runs: readonly FolderRun[], missing: number): Html[] {
  const statuses = [...new Set(runs.map(({ status }) => status))];
  return [
    ...statuses.map((status) => {
      const count = runs.filter((run) => run.status === status).length;
      return html`<b>${plural(count, 'run')}</b> ${status}`;
    }),
    ...(missing > 0 ? [html`<b>${plural(missing, 'run')}</b> not begun`] : []),
    html`<b>${plural(new Set(runs.map(({ config }) => config.seed)).size, 'seed')}</b>`,
  ];
}

/** One chart, or one for every combination of all settings but the first. */
function chartsOf(runs: readonly FinishedFolderRun[], y: MeasureName, fields: readonly Field[]): LineChart[] {
  const caption = `Setting: ${describeSettings(runs)}.`;
  const whole = plotRuns(runs, { x: 'epoch', y, by: fields, caption });
  if (whole.series.length <= MOST_CURVES || fields.length < 2) return [whole];
  const [first, ...others] = fields;
  const valuesOf = ({ config }: FinishedFolderRun) => others.map((field) => settingText(config[field]));
  const parts = new Map<string, FinishedFolderRun[]>();
  for (const run of [...runs].sort((a, b) => compareValues(valuesOf(a), valuesOf(b)))) {
    const name = valuesOf(run)
      .map((value, i) => `${xLabel(others[i])} ${value}`)
      .join(', ');
    const part = parts.get(name);
    if (part) part.push(run);
    else parts.set(name, [run]);
  }
  return [...parts].map(([name, own]) => ({
    ...plotRuns(own, { x: 'epoch', y, by: [first], caption: `Setting: ${describeSettings(own)}.` }),
    title: `${whole.title}, ${name}`,
  }));
}

function comparison(
  runs: readonly FinishedFolderRun[],
  measure: MeasureName,
  fields: readonly Field[],
  wanted: string | undefined,
): Html {
  const norms = new Set(runs.map(({ config }) => config.norm));
  const usual = fields[0] === 'norm' && norms.has('none') ? 'none' : undefined;
  const baseline = baselineOf(fields, wanted) ?? usual;
  const { groups } = compareRuns(runs, measure, fields, baseline);
  const label = measureLabel(measure);
  const difference = baseline !== undefined;
  return dataTable({
    name: 'Comparison',
    caption: html`<b>Table 1. ${label[0].toUpperCase()}${label.slice(1)} at the end.</b> Mean ± sample standard deviation over n seeds${
      difference && html`; the difference from “${baseline}” is taken seed by seed`
    }.`,
    heads: [
      ...(fields.length === 0 ? [''] : fields.map(xLabel)),
      label,
      ...(difference ? ['difference'] : []),
    ],
    rows: groups.map((group) => [
      ...(fields.length === 0 ? ['all runs'] : group.values),
      summaryText(group.summary),
      ...(difference ? [group.difference ? differenceText(group.difference) : '–'] : []),
    ]),
    words: Math.max(1, fields.length),
  });
}

function again(runs: readonly FolderRun[]): Html {
  const records = runs.flatMap(({ run }) => run ?? []);
  const distinct = (values: readonly (string | null)[]) =>
    [...new Set(values)].filter((value) => value !== null);
  const seeds = [...new Set(runs.map(({ config }) => config.seed))].sort((a, b) => a - b);
  const commands = distinct(records.map(({ command }) => command));
  return html`${
    commands.length > 0 &&
    html`<p>What was typed:</p>
<pre><code>${commands.join('\n')}</code></pre>`
  }
<p>The same version and settings give the same weights, bit by bit: every run below has a digest of its own to compare.</p>
${facts([
  ['seeds', seeds.join(', ')],
  ['normgrad', distinct(records.map(({ normgrad }) => normgrad)).join(', ')],
  ['source', distinct(records.map(({ git }) => git)).join(', ') || 'not from a clone'],
  ['Node', distinct(records.map(({ node }) => node)).join(', ')],
  ['machine', distinct(records.map(({ platform }) => platform)).join(', ')],
])}`;
}

function reported({ config, status, result, run, path }: FolderRun) {
  const { train = null, test = null, seconds, digest } = result ?? {};
  const why = (result && whatIsWrong(result)) ?? run?.error ?? undefined;
  const names = { run: path.split(/[/\\]/).at(-1) ?? path };
  return { names, seed: config.seed, config, status, why, train, test, seconds, digest };
}
