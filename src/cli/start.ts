import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { type ArmRun, chartOf, runExperiment, summaryOf } from '../../experiments/experiment.ts';
import { withWithout } from '../../experiments/with-without.ts';
import { createProgress, type Progress } from '../report/progress.ts';
import { renderSvgChart } from '../report/svgChart.ts';
import { renderSummaryTable } from '../report/table.ts';
import { renderTerminalChart } from '../report/terminalChart.ts';
import { defaultOut, guarded, makeFolder, writeJson } from '../train/runFolder.ts';
import { UsageError } from './exit.ts';
import { catchInterrupt } from './interrupt.ts';
import { columns, type Output, outputOf } from './output.ts';
import { integer } from './values.ts';

interface Options {
  seeds?: number;
  seed?: number;
  out?: string;
}

const examples = `
Examples:
  normgrad start
  normgrad start --seeds 5 --out runs/first`;

/** `start`: the first experiment, from nothing to a table and a chart. */
export function register(command: Command): void {
  command
    .option('--seeds <n>', 'train every arm with the seeds 1 to n (default: 3)', integer)
    .addOption(
      new Option('--seed <n>', 'train every arm with this one seed').env('NORMGRAD_SEED').argParser(integer),
    )
    .option('--out <dir>', 'folder of the experiment (default: a new one in runs/)')
    .addHelpText('after', examples)
    .action(run);
}

async function run({ seeds, seed, out }: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const experiment = { ...withWithout, seeds: chosenSeeds(seeds, seed) };
  const { base, arms } = experiment;
  const total = arms.length * experiment.seeds.length;
  const folder = out ?? defaultOut(experiment.name);
  guarded(folder, () => makeFolder(folder));
  output.note(output.stderr.bold(experiment.question));
  output.note(
    `${base.limit?.toLocaleString('en-US')} drawn digits · ${base.model} ${base.hidden?.join('-')} · ` +
      `${base.optimizer} lr ${base.lr} · ${arms.length} arms x ${plural(experiment.seeds.length, 'seed')} = ${total} runs`,
  );
  output.note(`${folder}\n`);

  const width = Math.max(...arms.map(({ name }) => name.length));
  let progress: Progress | undefined;
  let started = 0;
  let label = '';
  let epochs = 0;
  const stopping = 'stopping after this step… (press again to quit at once)';
  const interrupt = catchInterrupt(() => (progress ? progress.log(stopping) : output.note(stopping)));
  try {
    const runs = await runExperiment(experiment, {
      folder,
      signal: interrupt.signal,
      argv: process.argv.slice(2),
      onRunStart(next) {
        started++;
        epochs = next.config.epochs;
        label = `${String(started).padStart(String(total).length)}/${total}  ${next.arm.padEnd(width)}  seed ${next.seed}`;
        progress = undefined;
      },
      onStep({ epoch, step, steps, train }) {
        if (!output.talks) return;
        const done = (epoch - 1) * steps + step;
        progress ??= createProgress({ label, total: steps * epochs, startStep: done, colors: output.stderr });
        progress.update(done, { loss: train.loss });
      },
      onRunEnd({ arm, seed: each, result }) {
        const { test, diverged } = result;
        if (diverged) progress?.stop();
        else progress?.done({ loss: result.train!.loss, val_acc: test!.accuracy });
        if (diverged) output.note(`  diverged: loss ${diverged.loss} at step ${diverged.step}`);
        progress = undefined;
        output.event('run', { arm, seed: each, ...result });
      },
    });
    if (runs.length < total) {
      progress?.stop();
      output.note(`interrupted: ${runs.length} of ${total} runs are finished, in ${folder}`);
      output.event('result', { status: 'interrupted', folder, finished: runs.length, runs: total });
      process.exitCode = interrupt.exitCode();
      return;
    }
    report(experiment, runs, folder, output);
  } finally {
    interrupt.release();
  }
}

function report(experiment: typeof withWithout, runs: ArmRun[], folder: string, output: Output): void {
  const { name, base, arms, seeds } = experiment;
  const caption =
    `${base.model}, hidden ${base.hidden?.join('-')}, ${base.optimizer} with momentum ${base.momentum}, ` +
    `lr ${base.lr} unless stated, batch ${base.batchSize}, ${base.limit} images.`;
  const chart = chartOf(experiment, runs, caption);
  const svg = join(folder, `${name}.svg`);
  const summaries = new Map(arms.map((arm) => [arm.name, summaryOf(runs, arm.name)]));
  guarded(folder, () => {
    writeFileSync(svg, renderSvgChart(chart));
    writeJson(join(folder, 'summary.json'), { experiment, arms: Object.fromEntries(summaries) });
  });

  const { bold, dim } = output.stdout;
  const width = columns(process.stdout);
  const heads = ['test accuracy (%)', 'test loss'];
  output.result(
    [
      '',
      bold(`After ${base.epochs} epochs, mean ± std over n = ${plural(seeds.length, 'seed')}`),
      renderSummaryTable(
        'norm',
        arms.map((arm) => arm.name),
        heads,
        (arm, column) => summaries.get(arm)![column === heads[0] ? 'accuracy' : 'loss'],
        { width, colors: output.stdout },
      ),
      '',
      renderTerminalChart(chart, { width: Math.min(width, 80), height: 14, colors: output.stdout }),
      '',
      `chart:  ${svg}`,
      `runs:   ${folder}`,
      '',
      bold('Next'),
      `  npm run -s normgrad -- data get mnist                        ${dim('real digits, 11.6 MB')}`,
      `  npm run -s normgrad -- train --dataset mnist --norm layer    ${dim('one run on them')}`,
      '  npm run -s normgrad -- train --dataset mnist --data-dir DIR --model cnn --epochs 1',
      `  npm run -s normgrad -- gradcheck                             ${dim('is every backward right?')}`,
    ].join('\n'),
  );
  output.event('result', { status: 'done', folder, svg, arms: Object.fromEntries(summaries) });
}

function chosenSeeds(count?: number, seed?: number): number[] {
  if (count === undefined) return seed === undefined ? [...withWithout.seeds] : [seed];
  if (count < 1) throw new UsageError(`--seeds: must be at least 1, got ${count}`);
  return Array.from({ length: count }, (_, i) => i + 1);
}

function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
