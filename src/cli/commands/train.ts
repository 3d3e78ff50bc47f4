import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { createProgress, type Progress } from '../../charts/progress.ts';
import { plural } from '../../errors.ts';
import { defaultOut } from '../../runs/folder.ts';
import { type EventFile, openEventFile } from '../../runs/loggers/tensorboard.ts';
import { openTraceFile, type TraceFile } from '../../runs/loggers/trace.ts';
import { readConfig, readResult, runFiles } from '../../runs/record.ts';
import { type RunStart, runTraining, type TrainingHooks } from '../../runs/training.ts';
import { withHashes } from '../../train/codeFields.ts';
import { configFields, resolveConfig, type TrainOptions } from '../../train/config.ts';
import { typed } from '../../typed.node.ts';
import { asUsageError, atLeastOne } from '../arguments.ts';
import { EXIT, UsageError } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { catchInterrupt } from '../interrupt.ts';
import { type Output, outputOf } from '../output.ts';
import { tableText } from '../table.ts';
import { addTrainFlags, flagOf, givenOptions } from '../train/options.ts';
import { announce, report } from '../train/report.ts';
import { warnOfUnused } from '../unusedSettings.ts';

const examples: Example[] = [
  ['normgrad train --dataset synthetic --epochs 2'],
  ['normgrad train --dataset mnist --model cnn --norm group --groups 4 --epochs 1'],
  ['normgrad train --dataset mnist --limit 10000 --epochs 2 --batch-size 32 --optim sgd --schedule cosine'],
  [
    'normgrad train --dataset cifar10 --data-dir ~/datasets --model resnet8 --augment crop-flip --out runs/first',
  ],
  ['normgrad train --norm none --lr 3 --dry-run', 'the configuration, and where each value comes from'],
  [
    'normgrad train --dataset cifar10 --model resnet20 --init-from weights.safetensors --fresh-head',
    "begin with PyTorch's weights, the last layer anew",
  ],
  ['normgrad train --resume runs/first', 'continue after Ctrl-C or a crash: same bits as without it'],
];

const remark =
  'Exit code 1 if the run diverges. Ctrl-C stops after the running step and writes a checkpoint.';

interface Options extends Extra {
  out?: string;
  resume?: string;
  checkpointEvery?: number;
  keepBest?: boolean;
  dryRun?: boolean;
}

/** What is written beside the run folder, and decides nothing of the run. */
interface Extra {
  tensorboard?: string;
  trace?: string;
  traceStep?: number;
}

/** `train`: one run, from its flags to its folder. */
export function register(command: Command): void {
  addTrainFlags(command);
  command
    .option('--out <dir>', 'folder of the run (default: a new one in runs/)')
    .option('--resume <dir>', 'continue the run in this folder, from its last checkpoint')
    .option('--checkpoint-every <steps>', 'steps between checkpoints (default: one every 30 s)', atLeastOne)
    .option('--keep-best', 'keep the weights of the epoch with the best test accuracy, too: best.safetensors')
    .option('--tensorboard <dir>', 'write an event file for TensorBoard below this folder while the run goes')
    .option(
      '--trace <file>',
      'write what the page of `play` opens: layers, gradients, and one step operation by operation',
    )
    .option(
      '--trace-step <n>',
      'with --trace, the step whose operations are kept (default: the first)',
      atLeastOne,
    )
    .option('--dry-run', 'print the resolved configuration with the source of every value, and stop')
    .action(run);
  addExamples(command, examples, remark);
}

async function run(given: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const { options, sources } = givenOptions(command);
  const { out, resume, checkpointEvery, keepBest, dryRun, trace, traceStep } = given;
  if (traceStep !== undefined && trace === undefined) {
    throw new UsageError('--trace-step: of which trace?', [
      `say where it goes: --trace FILE --trace-step ${traceStep}`,
    ]);
  }
  try {
    if (resume !== undefined) await resumeRun(resume, given, options, sources, output);
    else if (dryRun) printConfig(options, sources, output);
    else {
      const folder = out === undefined ? { parent: defaultOut('train') } : { path: out };
      await train(options, { folder, checkpointEvery, keepBest }, output, given, sources);
    }
  } catch (error) {
    throw asUsageError(error, flagOf);
  }
}

/** The run in `path`, with its own configuration; only where the data lies may be another place now. */
async function resumeRun(
  path: string,
  given: Options,
  options: TrainOptions,
  sources: ReadonlyMap<string, string>,
  output: Output,
): Promise<void> {
  const { out, dryRun, keepBest, checkpointEvery } = given;
  const flags = [...sources].filter(([field, flag]) => field !== 'dataDir' && flag.startsWith('--'));
  const refused = [
    ...flags.map(([, flag]) => flag),
    ...(out ? ['--out'] : []),
    ...(keepBest ? ['--keep-best'] : []),
    ...(dryRun ? ['--dry-run'] : []),
  ];
  if (refused.length > 0) {
    throw new UsageError(`${refused.join(', ')}: not with --resume, which continues the run as it is`, [
      `its settings: ${join(path, 'config.json')}`,
      'only --data-dir, --checkpoint-every, --tensorboard and --trace can be given',
    ]);
  }
  const config = { ...readConfig(path), ...(options.dataDir ? { dataDir: options.dataDir } : {}) };
  const finished = readResult(path);
  if (finished) {
    output.note(`${path} is finished`);
    if (given.trace !== undefined) output.warn('--trace: no step is left to trace');
    report(finished, path, output);
  } else await train(config, { folder: { path }, resume: true, checkpointEvery }, output, given);
}

async function train(
  options: TrainOptions,
  hooks: TrainingHooks,
  output: Output,
  { tensorboard, trace, traceStep }: Extra,
  sources: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  let progress: Progress | undefined;
  const stopping = 'stopping after this step… (press again to quit at once)';
  const interrupt = catchInterrupt(() => {
    if (progress && output.talks) progress.log(stopping);
    else output.note(stopping);
  });
  let folder = hooks.folder && 'path' in hooks.folder ? hooks.folder.path : '';
  let started: RunStart | undefined; // not where the run was finished meanwhile
  let events: EventFile | undefined;
  let traced: TraceFile | undefined;
  try {
    const result = await runTraining(options, {
      ...hooks,
      signal: interrupt.signal,
      argv: process.argv.slice(2),
      onWait: (owner, ms) =>
        output.warn(
          `${owner} has this run, and may have died: watching it for up to ${Math.ceil(ms / 1000)} s, to see whether it is alive`,
        ),
      onStart(start) {
        folder = start.folder!;
        started = start;
        warnOfUnused([start.config], sources.keys(), output, flagOf);
        announce(start, output);
        if (tensorboard !== undefined) events = openEventFile(join(tensorboard, basename(folder)), folder);
      },
      watch(start) {
        if (trace !== undefined) traced = openTraceFile(trace, start, traceStep);
        return traced?.tracer;
      },
      onStep({ epoch, step, steps, train: { loss, accuracy } }) {
        if (!output.talks) return;
        progress ??= createProgress({
          label: `Epoch ${epoch}/${started!.config.epochs}`,
          total: steps,
          startStep: step,
          colors: output.stderr,
        });
        progress.update(step, { loss, acc: accuracy });
      },
      onMetrics(line) {
        events?.append(line);
        const { t, ...values } = line;
        output.event(t, values);
        if (line.t !== 'epoch') return;
        const { train: mean, test } = line;
        progress?.done({ loss: mean.loss, acc: mean.accuracy, val_loss: test.loss, val_acc: test.accuracy });
        progress = undefined;
      },
    });
    progress?.stop();
    traced?.save();
    report(result, folder, output);
    const epochs = started?.config.epochs ?? 0;
    if (result.status === 'done' && result.epochs < epochs) {
      const { epoch } = result.best!;
      output.note(
        `ended after epoch ${result.epochs} of ${epochs}: no test accuracy was better than that of epoch ${epoch}`,
      );
    }
    const best = runFiles(folder).best;
    if (result.best && existsSync(best))
      output.note(`weights of epoch ${result.best.epoch}, the best: ${best}`);
    if (events) output.note(`events: ${events.file}`);
    if (traced) noteTrace(traced, trace!, output);
    const code = result.status === 'diverged' ? EXIT.failed : interrupt.exitCode();
    if (result.status !== 'done') process.exitCode = code;
  } catch (error) {
    traced?.save();
    // While it waited for the folder.
    if ((error as Error).name !== 'AbortError') throw error;
    process.exitCode = interrupt.exitCode();
  } finally {
    events?.close();
    interrupt.release();
  }
}

function noteTrace({ tracer }: TraceFile, file: string, output: Output): void {
  const { steps, tape } = tracer.trace;
  const operations = tape ? `, ${plural(tape.operations.length, 'operation')} of step ${tape.step}` : '';
  output.note(
    `trace: ${file}, ${plural(steps.length, 'step')}${operations}; open it in the panel Tape: ${typed('play')}`,
  );
  output.event('trace', { file, steps: steps.length, operations: tape?.operations.length ?? 0 });
}

function printConfig(options: TrainOptions, sources: ReadonlyMap<string, string>, output: Output): void {
  const config = withHashes(resolveConfig(options));
  warnOfUnused([config], sources.keys(), output, flagOf);
  const rows = configFields.map((field) => ({
    field,
    value: config[field],
    source: sources.get(field) ?? 'default',
  }));
  const cells = rows.map(({ field, value, source }) => [field, JSON.stringify(value), source]);
  output.result(tableText(['setting', 'value', { head: 'from', paint: output.stdout.dim }], cells, output));
  output.event('result', { config, sources: Object.fromEntries(rows.map((row) => [row.field, row.source])) });
}
