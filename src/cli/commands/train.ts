import { join } from 'node:path';
import type { Command } from 'commander';
import { backendName } from '../../autograd/index.ts';
import { createProgress, type Progress } from '../../charts/progress.ts';
import { datasetWarnings } from '../../data/dataset.ts';
import { grouped, RunFolderError } from '../../errors.ts';
import { defaultOut } from '../../runs/folder.ts';
import { lockOwner, lockTaker } from '../../runs/lock.ts';
import { readConfig, readResult } from '../../runs/record.ts';
import { type RunStart, runTraining, type TrainingHooks } from '../../runs/training.ts';
import { configFields, resolveConfig, type TrainOptions } from '../../train/config.ts';
import { describeModel } from '../../train/model.ts';
import type { TrainResult } from '../../train/result.ts';
import { asUsageError, atLeastOne } from '../arguments.ts';
import { EXIT, UsageError } from '../exit.ts';
import { catchInterrupt } from '../interrupt.ts';
import { type Output, outputOf } from '../output.ts';
import { addTrainFlags, flagOf, givenOptions } from '../train/options.ts';

const examples = `
Examples:
  normgrad train --dataset synthetic --epochs 2
  normgrad train --dataset mnist --model cnn --norm group --groups 4 --epochs 1
  normgrad train --dataset mnist --limit 10000 --epochs 2 --batch-size 32 --optim sgd --schedule cosine
  normgrad train --dataset cifar10 --data-dir ~/datasets --model resnet8 --augment crop-flip --out runs/first
  normgrad train --norm none --lr 3 --dry-run            the configuration, and where each value comes from
  normgrad train --resume runs/first                     continue after Ctrl-C or a crash: same bits as without it

Exit code 1 if the run diverges. Ctrl-C stops after the running step and writes a checkpoint.`;

interface Options {
  out?: string;
  resume?: string;
  checkpointEvery?: number;
  dryRun?: boolean;
}

/** `train`: one run, from its flags to its folder. */
export function register(command: Command): void {
  addTrainFlags(command);
  command
    .option('--out <dir>', 'folder of the run (default: a new one in runs/)')
    .option('--resume <dir>', 'continue the run in this folder, from its last checkpoint')
    .option('--checkpoint-every <steps>', 'steps between checkpoints (default: one every 30 s)', atLeastOne)
    .option('--dry-run', 'print the resolved configuration with the source of every value, and stop')
    .addHelpText('after', examples)
    .action(run);
}

async function run(given: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const { options, sources } = givenOptions(command);
  const { out, resume, checkpointEvery, dryRun } = given;
  try {
    if (resume !== undefined) await goOn(resume, given, options, sources, output);
    else if (dryRun) printConfig(options, sources, output);
    else {
      const folder = out === undefined ? { parent: defaultOut('train') } : { path: out };
      await train(options, { folder, checkpointEvery }, output);
    }
  } catch (error) {
    throw asUsageError(error, flagOf);
  }
}

/** The run in `path`, with its own configuration; only where the data lies may be another place now. */
async function goOn(
  path: string,
  { out, dryRun, checkpointEvery }: Options,
  options: TrainOptions,
  sources: ReadonlyMap<string, string>,
  output: Output,
): Promise<void> {
  const typed = [...sources].filter(([field, flag]) => field !== 'dataDir' && flag.startsWith('--'));
  const refused = [
    ...typed.map(([, flag]) => flag),
    ...(out ? ['--out'] : []),
    ...(dryRun ? ['--dry-run'] : []),
  ];
  if (refused.length > 0) {
    throw new UsageError(`${refused.join(', ')}: not with --resume, which continues the run as it is`, [
      `its settings: ${join(path, 'config.json')}`,
      'only --data-dir and --checkpoint-every can be given',
    ]);
  }
  const config = { ...readConfig(path), ...(options.dataDir ? { dataDir: options.dataDir } : {}) };
  const finished = readResult(path);
  if (finished) {
    output.note(`${path} is finished`);
    report(finished, path, output);
    return;
  }
  // A worker of a sweep may have the run under way.
  const lock = lockTaker({ onLost: () => process.exit(EXIT.data) })(path);
  if (lock === undefined) {
    throw new RunFolderError(`another process is at work in ${path}: ${lockOwner(path)}`, [
      'wait until it has finished, or stop it',
    ]);
  }
  try {
    await train(config, { folder: { path }, resume: true, checkpointEvery }, output);
  } finally {
    lock.release();
  }
}

async function train(options: TrainOptions, hooks: TrainingHooks, output: Output): Promise<void> {
  let progress: Progress | undefined;
  const stopping = 'stopping after this step… (press again to quit at once)';
  const interrupt = catchInterrupt(() =>
    output.talks ? (progress?.log(stopping) ?? output.note(stopping)) : {},
  );
  let folder = '';
  let epochs = 0;
  try {
    const result = await runTraining(options, {
      ...hooks,
      signal: interrupt.signal,
      argv: process.argv.slice(2),
      onStart(start) {
        folder = start.folder!;
        epochs = start.config.epochs;
        announce(start, output);
      },
      onStep({ epoch, step, steps, train: { loss, accuracy } }) {
        if (!output.talks) return;
        progress ??= createProgress({
          label: `Epoch ${epoch}/${epochs}`,
          total: steps,
          startStep: step,
          colors: output.stderr,
        });
        progress.update(step, { loss, acc: accuracy });
      },
      onMetrics(line) {
        const { t, ...values } = line;
        output.event(t, values);
        if (line.t !== 'epoch') return;
        const { train: mean, test } = line;
        progress?.done({ loss: mean.loss, acc: mean.accuracy, val_loss: test.loss, val_acc: test.accuracy });
        progress = undefined;
      },
    });
    progress?.stop();
    report(result, folder, output);
    const code = result.status === 'diverged' ? EXIT.failed : interrupt.exitCode();
    if (result.status !== 'done') process.exitCode = code;
  } finally {
    interrupt.release();
  }
}

/** `mnist 60,000/10,000 · mlp 784-128-128-10 · 118,282 params · norm batch · adam lr 0.001 · seed 1` */
function announce(start: RunStart, output: Output): void {
  const { config, dataset, model, parameters, folder, steps, startsOver } = start;
  const { train, test } = dataset;
  for (const warning of datasetWarnings(dataset)) output.warn(warning);
  const images = [train.count, test.count];
  const description = describeModel(config.model, model);
  output.event('start', { config, folder, images, parameters, steps, backend: backendName() });
  output.note(
    [
      `${config.dataset} ${images.map(grouped).join('/')}`,
      description,
      `${grouped(parameters)} params`,
      `norm ${[config.norm, config.weightNorm].filter(Boolean).join(' + ')}`,
      `${config.optimizer} lr ${config.lr}`,
      `seed ${config.seed}`,
    ].join(' · '),
  );
  output.note(folder!);
  if (startsOver !== undefined) output.warn(`${startsOver}: starting over`);
  if (steps > 0) output.note(`continuing after step ${grouped(steps)}`);
  if (output.verbose) output.note(`kernels: ${backendName()}`);
}

function report(result: TrainResult, folder: string, output: Output): void {
  const { status, test, best, diverged, steps, seconds, digest } = result;
  const time = `${grouped(steps)} steps in ${seconds.toFixed(1)} s`;
  if (diverged) {
    output.result(
      `${output.stdout.red('diverged')}: loss ${diverged.loss} at step ${diverged.step} (epoch ${diverged.epoch})`,
    );
    output.note('  a smaller --lr, --warmup, --clip 1 or a --norm often helps');
  } else if (status === 'interrupted') {
    output.result(`interrupted after ${time}`);
  }
  if (test) {
    const accuracy = output.stdout.bold(test.accuracy.toFixed(4));
    const bestText =
      best && best.accuracy > test.accuracy
        ? `, best ${best.accuracy.toFixed(4)} in epoch ${best.epoch}`
        : '';
    const prefix = status === 'done' ? '' : `after epoch ${result.epochs}: `;
    output.result(`${prefix}test accuracy ${accuracy}  loss ${test.loss.toFixed(4)}  (${time}${bestText})`);
  }
  output.result(`digest ${digest}`);
  output.note(`metrics: ${join(folder, 'metrics.jsonl')}`);
  const resume = `normgrad train --resume ${folder}`;
  if (status === 'interrupted') {
    output.result(`✓ checkpoint at step ${steps}    continue: ${resume}`);
  }
  output.event('result', { ...result, folder, ...(status === 'interrupted' ? { resume } : {}) });
}

function printConfig(options: TrainOptions, sources: ReadonlyMap<string, string>, output: Output): void {
  const config = resolveConfig(options);
  const rows = configFields.map((field) => ({
    field,
    value: config[field],
    source: sources.get(field) ?? 'default',
  }));
  for (const { field, value, source } of rows) {
    output.result(`${field.padEnd(16)}${JSON.stringify(value).padEnd(18)}${output.stdout.dim(source)}`);
  }
  output.event('result', { config, sources: Object.fromEntries(rows.map((row) => [row.field, row.source])) });
}
