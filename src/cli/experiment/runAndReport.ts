import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { renderSummaryTable, renderTable } from '../../charts/table.ts';
import { renderTerminalChart } from '../../charts/terminalChart.ts';
import { plural } from '../../errors.ts';
import { describeSettings } from '../../experiment/describeSettings.ts';
import { figuresOf, seriesName } from '../../experiment/figure.ts';
import { writeFigures } from '../../experiment/figureFiles.ts';
import { sweepOf } from '../../experiment/plan.ts';
import type { RunRecord } from '../../experiment/results.ts';
import { runExperiment } from '../../experiment/run.ts';
import type { Experiment } from '../../experiment/spec.ts';
import { type StoredExperiment, storedExperiment, storedJson } from '../../experiment/stored.ts';
import { endTable, publishedTable, verdictText } from '../../experiment/tables.ts';
import { guarded, makeFolder } from '../../runs/files.ts';
import { defaultOut } from '../../runs/folder.ts';
import { wallSeconds } from '../../runs/wallTime.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { EXIT } from '../exit.ts';
import { columns, type Output } from '../output.ts';
import { estimate } from '../sweep/estimate.ts';
import { experimentRuns, type RunFlags } from '../sweep/plan.ts';
import { createRunsProgress } from '../sweep/progress.ts';
import { writeExperimentReport } from './writeReport.ts';

export interface ExperimentFlags extends RunFlags {
  out?: string;
  save?: string;
  /** Runs at a time. */
  jobs?: number;
  dryRun?: boolean;
}

/** Runs an experiment whole and reports it; `closing` are lines for its end. */
export async function runAndReport(
  experiment: Experiment,
  { out, save, jobs = availableParallelism(), dryRun, ...flags }: ExperimentFlags,
  output: Output,
  closing: readonly string[] = [],
): Promise<void> {
  const plan = experimentRuns(experiment, flags);
  const { runs: planned } = sweepOf(experiment, plan);
  if (dryRun) return estimate(planned, { jobs, folder: out }, output);
  const folder = out ?? defaultOut(experiment.name);
  for (const each of save === undefined ? [folder] : [folder, save]) guarded(each, () => makeFolder(each));
  output.note(output.stderr.bold(experiment.question));
  const seedCount = new Set(plan.map((each) => each.seed)).size;
  const size = `${plan.length / seedCount} arms x ${plural(seedCount, 'seed')} = ${plural(plan.length, 'run')}`;
  output.note(`${describeSettings(plan)} · ${size}, ${jobs} at a time`);
  output.note(`${folder}\n`);

  const width = Math.max(...plan.map(({ point }) => pointName(experiment, point).length));
  const nameOf = (labels: RunRecord['point']) =>
    `${pointName(experiment, labels).padEnd(width)}  seed ${labels.seed}`;
  const stopping = 'stopping every run after its step… (press again to quit at once)';
  const progress = createRunsProgress(planned, nameOf, stopping, output);
  try {
    const runs = await runExperiment(experiment, plan, { folder, jobs, ...progress.hooks });
    progress.close();
    if (runs.length < plan.length) {
      output.note(
        `interrupted: ${runs.length} of ${plural(plan.length, 'run')} are finished, in ${folder}\n` +
          '  the same command with --out and this folder runs only what is missing',
      );
      output.event('result', { status: 'interrupted', folder, finished: runs.length, runs: plan.length });
      process.exitCode = progress.exitCode();
      return;
    }
    const { smoke = false } = flags;
    const seconds = wallSeconds(planned.map(({ id }) => join(folder, id)));
    const stored = storedExperiment(experiment, plan, runs, { smoke, wallSeconds: seconds });
    const svg = join(folder, `${experiment.name}.svg`);
    guarded(folder, () => {
      writeFigures(folder, experiment, runs, `${stored.settings}.`);
      writeWholeFile(join(folder, 'experiment.json'), storedJson(stored));
    });
    if (save !== undefined) {
      guarded(save, () => writeWholeFile(join(save, `${experiment.name}.json`), storedJson(stored)));
    }
    const failed = runs.filter(({ status }) => status === 'failed');
    const failures = failed.map(({ point, seed }) => `failed: ${nameOf({ ...point, seed })}`);
    if (failed.length > 0) failures.push(`        the same command with --out ${folder} tries again`);
    const { file: page } = writeExperimentReport(experiment, stored, folder);
    const files = [`report: ${page}`, `chart:  ${svg}`, `runs:   ${folder}`];
    report(experiment, stored, runs, output, [...failures, ...files, ...closing]);
    const { claims, minutes, wallMinutes } = stored;
    output.event('result', {
      status: 'done',
      folder,
      svg,
      report: page,
      smoke,
      minutes,
      wallMinutes,
      failed: failed.length,
      claims,
    });
    if (failed.length > 0 || (!smoke && claims.some(({ held }) => !held))) process.exitCode = EXIT.failed;
  } finally {
    progress.release();
  }
}

function report(
  experiment: Experiment,
  stored: StoredExperiment,
  runs: readonly RunRecord[],
  output: Output,
  closing: readonly string[],
): void {
  const { bold, dim, green, red, yellow } = output.stdout;
  const { settings, seeds, claims, smoke, minutes, wallMinutes } = stored;
  const width = columns(process.stdout);
  const options = { width, colors: output.stdout };
  const { corner, title, rows, columns: heads, cell } = endTable(experiment, runs);
  const published = publishedTable(experiment, runs);
  const [chart] = figuresOf(experiment, runs, `${settings}.`);
  const verdicts = claims.map((claim) => {
    const mark = smoke ? yellow('?') : claim.held ? green('✓') : red('✗');
    return `${mark} ${claim.says} ${dim(`(${verdictText(claim)})`)}`;
  });
  output.result(
    [
      '',
      bold(`${title[0].toUpperCase()}${title.slice(1)}, mean ± std over n = ${plural(seeds.length, 'seed')}`),
      renderSummaryTable(corner, rows, heads, cell, options),
      '',
      renderTerminalChart(chart, { width: Math.min(width, 80), height: 14, colors: output.stdout }),
      '',
      ...(smoke || published.rows.length === 0
        ? []
        : [
            bold('Beside what was published'),
            renderTable(
              published.heads.map((head, i) => ({ head, align: i === 0 ? 'left' : 'right' })),
              published.rows,
              options,
            ),
            '',
          ]),
      ...(verdicts.length === 0
        ? []
        : [bold(smoke ? 'Claims (a smoke run cannot judge them)' : 'Claims'), ...verdicts, '']),
      `${minutes.toFixed(1)} minutes of training and testing, ${wallMinutes.toFixed(1)} by the clock`,
      ...closing,
    ].join('\n'),
  );
}

function pointName(experiment: Experiment, point: RunRecord['point']): string {
  const { x } = experiment.figure;
  const name = seriesName(experiment, point);
  return x in point ? `${name}  ${x} ${point[x]}` : name;
}
