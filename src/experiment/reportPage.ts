import { type Html, type HtmlValue, html, htmlPage } from '../charts/html.ts';
import { dataTable, facts, figure } from '../charts/pageParts.ts';
import { pageStyle } from '../charts/pageStyle.ts';
import { formatSummaries } from '../charts/statistics.ts';
import { isDrawn } from '../data/files/load.node.ts';
import { plural } from '../errors.ts';
import { toJson } from '../json.ts';
import { countOutcomes, judgementText } from './claimText.ts';
import { figuresOf } from './figure.ts';
import type { ExperimentRun } from './plan.ts';
import { runSection } from './runTable.ts';
import type { Experiment } from './spec.ts';
import { type CheckedClaim, checkClaims, type StoredExperiment } from './stored.ts';
import { endTable, publishedTable } from './tables.ts';

interface ExperimentPageOptions {
  /** The settings of every run, and why it failed. Settings of runs that are not in it are shown as unknown. */
  plan: readonly (ExperimentRun & { why?: string })[];
  /** What to type to run it again. */
  command: string;
}

/** The report of an experiment as one HTML file. Its claims are checked anew, as they stand in `experiment` now. */
export function experimentPage(
  experiment: Experiment,
  stored: StoredExperiment,
  options: ExperimentPageOptions,
): string {
  const { title, remarks } = experiment;
  const { runs, settings, smoke } = stored;
  const claims = checkClaims(experiment, runs);
  const charts = figuresOf(experiment, runs, `Setting: ${settings}.`);
  return htmlPage({
    title: `${title} · normgrad`,
    style: pageStyle,
    body: html`<main>
${head(experiment, stored, claims)}
${smoke && html`<p class="note">A smoke run: drawn digits, few of them. It shows that everything works; its numbers say nothing.</p>`}
<section><h2>Claims</h2>
${claimList(claims, smoke)}
</section>
<section><h2>${charts.length === 1 ? 'Figure' : 'Figures'}</h2>
${charts.map((chart, i) => figure(i + 1, chart))}
</section>
<section><h2>Results</h2>
${resultTables(experiment, stored)}
${remarks && html`<p>${remarks}</p>`}
</section>
<section><h2>Setup</h2>
${facts(
  [
    ['As in the source', experiment.source.kept],
    ['Scaled', experiment.source.scaled],
  ],
  'prose',
)}
</section>
<section><h2>Run it again</h2>
${again(experiment, stored, options)}
</section>
<section><h2>Every run</h2>
${everyRun(stored, options.plan)}
</section>
${footer(stored.normgrad)}
</main>`,
  });
}

/** What is below every report. */
export function footer(version: string): Html {
  return html`<footer>Made by normgrad ${version}. This file is complete: it loads nothing and runs no script.</footer>`;
}

function head(
  { name, title, question, source }: Experiment,
  { runs, seeds, minutes, smoke }: StoredExperiment,
  claims: readonly CheckedClaim[],
): Html {
  const { held, failed: refuted, undecided } = countOutcomes(claims);
  const count = (status: string) => runs.filter((run) => run.status === status).length;
  const [diverged, failed] = [count('diverged'), count('failed')];
  const numbers: HtmlValue[] = [
    !smoke &&
      claims.length > 0 &&
      html`<b>${held} of ${claims.length}</b> claims held${refuted > 0 && `, ${refuted} failed`}${undecided > 0 && `, ${undecided} not decided`}`,
    html`<b>${plural(runs.length, 'run')}</b>${diverged > 0 && `, ${diverged} diverged`}${failed > 0 && `, ${failed} failed`}`,
    html`<b>${plural(seeds.length, 'seed')}</b>`,
    html`<b>${minutes.toFixed(1)}</b> minutes`,
  ];
  return html`<header>
<p class="kind">normgrad experiment · ${name}</p>
<h1>${title}</h1>
<p class="question">${question}</p>
<p class="source">${source.paper}</p>
<ul class="summary">${numbers.map((each) => each && html`<li>${each}</li>`)}</ul>
</header>`;
}

/** How a verdict looks, and what it says. */
const verdicts = {
  held: ['held', '✓ held'],
  failed: ['failed', '✗ failed'],
  undecided: ['open', '? not decided'],
} as const;

function claimList(claims: readonly CheckedClaim[], smoke: boolean): Html {
  return html`<ul class="claims">${claims.map((claim) => {
    const [look, word] = smoke ? ['open', '? not judged'] : verdicts[claim.outcome];
    return html`
<li><span class="verdict ${look}">${word}</span><span>${claim.says}<span class="measured">${judgementText(claim)}</span></span></li>`;
  })}
</ul>${
    !smoke &&
    html`<p class="note">Held: the whole 95 % confidence interval over the seeds (Student's t) is as wanted. Failed: none of it is. Not decided: the seeds do not tell. Of several comparisons each has its own interval; nothing is corrected for their number.</p>`
  }`;
}

function resultTables(experiment: Experiment, { runs, seeds, smoke }: StoredExperiment): Html {
  const ends = endTable(experiment, runs);
  const cells = formatSummaries(ends.rows.map((row) => ends.columns.map((column) => ends.cell(row, column))));
  const published = publishedTable(experiment, runs);
  const title = `${ends.title[0].toUpperCase()}${ends.title.slice(1)}`;
  return html`${dataTable({
    name: title,
    caption: html`<b>Table 1. ${title}.</b> ${
      seeds.length === 1
        ? 'One seed (n = 1), so no spread is shown.'
        : `Mean ± sample standard deviation over n = ${seeds.length} seeds.`
    }`,
    heads: [ends.corner, ...ends.columns],
    rows: ends.rows.map((row, i) => [row, ...cells[i]]),
  })}
${
  !smoke &&
  published.rows.length > 0 &&
  dataTable({
    name: 'Published numbers beside ours',
    caption: html`<b>Table 2. Beside what was published.</b> As printed in the source, on its data and network, and here.`,
    ...withoutEmptyColumns(published),
    wide: [0],
  })
}`;
}

/** Columns in which no row has anything. */
function withoutEmptyColumns({ heads, rows }: ReturnType<typeof publishedTable>) {
  const isFull = (_: string, i: number) => rows.some((row) => row[i] !== '–');
  return { heads: heads.filter(isFull), rows: rows.map((row) => row.filter(isFull)) };
}

function again(
  { data }: Experiment,
  { seeds, smoke, minutes, wallMinutes, normgrad, node, kernels }: StoredExperiment,
  { command }: ExperimentPageOptions,
): Html {
  const needsData = !smoke && !isDrawn(data.dataset ?? '');
  return html`<pre><code>${command}</code></pre>
${needsData && html`<p>DIR is the folder that holds ${data.dataset ?? 'mnist'}; <code>normgrad data get ${data.dataset ?? 'mnist'}</code> fetches it.</p>`}
<p>The same version and settings give the same weights, bit by bit: every run below has a digest of its own to compare.</p>
${facts([
  ['seeds', seeds.join(', ')],
  ['normgrad', normgrad],
  ['kernels', kernels],
  ['Node', node],
  ['training', `${minutes.toFixed(1)} minutes of training and testing on a CPU`],
  ['by the clock', `${wallMinutes.toFixed(1)} minutes`],
])}`;
}

function everyRun({ runs }: StoredExperiment, plan: ExperimentPageOptions['plan']): Html {
  const key = ({ point, seed }: Pick<ExperimentRun, 'point' | 'seed'>) => toJson([point, seed]);
  const planned = new Map(plan.map((each) => [key(each), each]));
  return runSection(
    runs.map((run) => {
      const { config, why } = planned.get(key(run)) ?? { config: undefined };
      return { ...run, names: run.point, config, why };
    }),
  );
}
