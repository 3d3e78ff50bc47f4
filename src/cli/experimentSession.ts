import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { datasetWarnings } from '../data/dataset.ts';
import type { Experiment } from '../experiment/define.ts';
import { describeSettings, figureOf, seriesName } from '../experiment/figure.ts';
import { firstSeeds, planRuns, smokeSettings } from '../experiment/plan.ts';
import { endTable, publishedTable, verdictText } from '../experiment/report.ts';
import type { RunRecord } from '../experiment/results.ts';
import { runExperiment } from '../experiment/run.ts';
import { type StoredExperiment, storedExperiment, storedJson } from '../experiment/stored.ts';
import { createProgress, type Progress } from '../report/progress.ts';
import { renderSvgChart } from '../report/svgChart.ts';
import { renderSummaryTable, renderTable } from '../report/table.ts';
import { renderTerminalChart } from '../report/terminalChart.ts';
import { defaultOut, guarded, makeFolder } from '../train/runFolder.ts';
import { EXIT, UsageError } from './exit.ts';
import { catchInterrupt } from './interrupt.ts';
import { columns, type Output } from './output.ts';

export interface SessionOptions {
  smoke?: boolean;
  dataDir?: string;
  seeds?: number;
  seed?: number;
  out?: string;
  save?: string;
}

/** Runs an experiment whole and reports it; `closing` are lines for its end. */
export async function conduct(
  experiment: Experiment,
  { smoke = false, dataDir, seeds, seed, out, save }: SessionOptions,
  output: Output,
  closing: readonly string[] = [],
): Promise<void> {
  const overrides = {
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(smoke ? smokeSettings(experiment) : {}),
  };
  const plan = planRuns(experiment, { seeds: chosenSeeds(seeds, seed, smoke), overrides });
  const total = plan.length;
  const folder = out ?? defaultOut(experiment.name);
  for (const each of save === undefined ? [folder] : [folder, save]) guarded(each, () => makeFolder(each));
  output.note(output.stderr.bold(experiment.question));
  const seedCount = new Set(plan.map((each) => each.seed)).size;
  output.note(
    `${describeSettings(plan)} · ${total / seedCount} arms x ${plural(seedCount, 'seed')} = ${plural(total, 'run')}`,
  );
  output.note(`${folder}\n`);

  const names = plan.map(({ point }) => pointName(experiment, point));
  const width = Math.max(...names.map((name) => name.length));
  let progress: Progress | undefined;
  let ended = 0;
  let label = '';
  let epochs = 0;
  const stopping = 'stopping after this step… (press again to quit at once)';
  const interrupt = catchInterrupt(() => (progress ? progress.log(stopping) : output.note(stopping)));
  try {
    const runs = await runExperiment(experiment, plan, {
      folder,
      signal: interrupt.signal,
      argv: process.argv.slice(2),
      onData: (dataset) => {
        for (const warning of datasetWarnings(dataset)) output.warn(warning);
      },
      onRunStart({ seed: each, config }) {
        epochs = config.epochs;
        const count = `${String(ended + 1).padStart(String(total).length)}/${total}`;
        label = `${count}  ${names[ended].padEnd(width)}  seed ${each}`;
        progress = undefined;
      },
      onStep({ epoch, step, steps, train }) {
        if (!output.talks) return;
        const done = (epoch - 1) * steps + step;
        progress ??= createProgress({ label, total: steps * epochs, startStep: done, colors: output.stderr });
        progress.update(done, { loss: train.loss });
      },
      onRunEnd({ point, seed: each }, result, reused) {
        ended++;
        const { test, train, diverged } = result;
        if (diverged) progress?.stop();
        else progress?.done({ loss: train!.loss, val_acc: test!.accuracy });
        if (diverged) output.note(`  diverged: loss ${diverged.loss} at step ${diverged.step}`);
        progress = undefined;
        output.event('run', { ...point, seed: each, reused, ...result });
      },
    });
    if (runs.length < total) {
      progress?.stop();
      output.note(
        `interrupted: ${runs.length} of ${plural(total, 'run')} are finished, in ${folder}\n` +
          '  the same command with --out and this folder runs only what is missing',
      );
      output.event('result', { status: 'interrupted', folder, finished: runs.length, runs: total });
      process.exitCode = interrupt.exitCode();
      return;
    }
    const stored = storedExperiment(experiment, plan, runs, smoke);
    const svg = join(folder, `${experiment.name}.svg`);
    guarded(folder, () => {
      writeFileSync(svg, renderSvgChart(figureOf(experiment, runs, `${stored.settings}.`)));
      writeFileSync(join(folder, 'experiment.json'), storedJson(stored));
    });
    if (save !== undefined) {
      guarded(save, () => writeFileSync(join(save, `${experiment.name}.json`), storedJson(stored)));
    }
    report(experiment, stored, runs, output, [`chart:  ${svg}`, `runs:   ${folder}`, ...closing]);
    const { claims, minutes } = stored;
    output.event('result', { status: 'done', folder, svg, smoke, minutes, claims });
    if (!smoke && claims.some(({ held }) => !held)) process.exitCode = EXIT.failed;
  } finally {
    interrupt.release();
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
  const { settings, seeds, claims, smoke, minutes } = stored;
  const width = columns(process.stdout);
  const options = { width, colors: output.stdout };
  const { corner, title, rows, columns: heads, cell } = endTable(experiment, runs);
  const published = publishedTable(experiment, runs);
  const chart = figureOf(experiment, runs, `${settings}.`);
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
      `${minutes.toFixed(1)} minutes of training and testing`,
      ...closing,
    ].join('\n'),
  );
}

function pointName(experiment: Experiment, point: RunRecord['point']): string {
  const { x } = experiment.figure;
  const name = seriesName(experiment, point);
  return x in point ? `${name}  ${x} ${point[x]}` : name;
}

function chosenSeeds(
  count: number | undefined,
  seed: number | undefined,
  smoke: boolean,
): number[] | undefined {
  if (count !== undefined && count < 1) throw new UsageError(`--seeds: must be at least 1, got ${count}`);
  if (count !== undefined) return firstSeeds(count);
  if (seed !== undefined) return [seed];
  return smoke ? [1] : undefined;
}

function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
