import { plural } from '../../errors.ts';
import { seriesName } from '../../experiment/figure.ts';
import {
  readTorchFile,
  type StoredTorch,
  stillPlanned,
  torchFile,
  torchPlan,
} from '../../experiment/inTorch.ts';
import { type ExperimentRun, planRuns } from '../../experiment/plan.ts';
import type { RunRecord } from '../../experiment/results.ts';
import { keepsSteps } from '../../experiment/run.ts';
import type { Experiment } from '../../experiment/spec.ts';
import { roundedRun, storedJson } from '../../experiment/storedRuns.ts';
import { publishedTable } from '../../experiment/tables.ts';
import { trainInTorch } from '../../pytorch/train.ts';
import { startWorker, type TorchWorker } from '../../pytorch/worker.ts';
import { guarded, makeFolder } from '../../runs/files.ts';
import { runName } from '../../runs/name.ts';
import { version } from '../../runs/version.ts';
import { loadFiles } from '../../train/codeFields.ts';
import { loadData, onceInARow, prepareData } from '../../train/data.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { UsageError } from '../exit.ts';
import type { Output } from '../output.ts';
import { tableText } from '../table.ts';

/**
 * Trains those runs of an experiment in PyTorch that stand in its table beside what was published, `jobs` at a time. With `save`, the
 * folder's NAME.pytorch.json is written after each; runs that lie there, of the same settings, PyTorch and version of this library, are
 * not repeated.
 */
export async function trainExperimentInTorch(
  experiment: Experiment,
  whole: readonly ExperimentRun[],
  { save, jobs }: { save?: string; jobs: number },
  output: Output,
): Promise<void> {
  const plan = torchPlan(experiment, whole);
  if (plan.length === 0) {
    throw new UsageError(`experiment ${experiment.name}: PyTorch is asked for none of its runs`, [
      'mark rows of its `published` with pytorch: true',
    ]);
  }
  if (save !== undefined) guarded(save, () => makeFolder(save));
  const file = save === undefined ? undefined : torchFile(save, experiment);
  const before = file === undefined ? undefined : readTorchFile(file);
  let done = before?.normgrad === version ? before.runs : [];
  if (missingOf(plan, done).length === 0) output.note(`all ${plural(plan.length, 'run')} lie in ${file}`);
  else {
    const workers = [await startWorker()];
    try {
      const { versions } = workers[0];
      const isAlike = ({ normgrad, torch }: StoredTorch) => normgrad === version && torch === versions.torch;
      if (before !== undefined && !isAlike(before)) {
        output.note(
          `${file} is of PyTorch ${before.torch} and normgrad ${before.normgrad}: all runs are made anew`,
        );
        done = [];
      }
      const missing = missingOf(plan, done);
      output.note(`${plural(missing.length, 'run')} in PyTorch, ${jobs} at a time`);
      while (workers.length < Math.min(jobs, missing.length)) workers.push(await startWorker());
      await trainAll(experiment, missing, workers, output, (record) => {
        if (file === undefined) {
          done = [...done, record];
          return;
        }
        // Another process may have written other seeds meanwhile
        const meanwhile = readTorchFile(file);
        const runs = [...done, ...(meanwhile && isAlike(meanwhile) ? meanwhile.runs : []), record];
        done = stillPlanned(runs, torchPlan(experiment, planRuns(experiment, { seeds: seedsOf(runs) })));
        guarded(save!, () => writeWholeFile(file, storedJson(storedTorch(experiment, done, versions))));
      });
    } finally {
      for (const { stop } of workers) stop();
    }
  }
  const runs = stillPlanned(done, plan);
  const { heads, rows } = publishedTable(experiment, [], runs);
  output.result(tableText(heads, rows, output));
  if (file !== undefined) output.result(file);
  output.event('result', { status: 'done', runs: runs.length, file: file ?? null });
}

/** Of points that mean the same run, the first. */
function missingOf(plan: readonly ExperimentRun[], done: readonly RunRecord[]): ExperimentRun[] {
  const byName = new Map(plan.toReversed().map((run) => [runName(run.config), run]));
  for (const { run } of done) byName.delete(run);
  return [...byName.values()].reverse();
}

async function trainAll(
  experiment: Experiment,
  missing: readonly ExperimentRun[],
  workers: readonly TorchWorker[],
  output: Output,
  keep: (record: RunRecord) => void,
): Promise<void> {
  const load = onceInARow(loadData);
  const left = [...missing];
  const work = async (worker: TorchWorker) => {
    for (let run = left.shift(); run !== undefined; run = left.shift()) {
      await loadFiles(run.config);
      const data = prepareData(run.config, await load(run.config));
      const { steps, ...record } = await trainInTorch(run, data, worker);
      keep(roundedRun({ ...record, ...(keepsSteps(experiment) && { steps }) }));
      const { status, test, seconds, point, seed } = record;
      output.note(
        `${seriesName(experiment, point, [])}  seed ${seed}  ${status}` +
          `${test ? `  test accuracy ${test.accuracy.toFixed(4)}` : ''}  ${seconds.toFixed(0)} s`,
      );
      output.event('run', { point, seed, status, test, seconds });
    }
  };
  await Promise.all(workers.map(work));
}

function seedsOf(runs: readonly RunRecord[]): number[] {
  return [...new Set(runs.map(({ seed }) => seed))].sort((a, b) => a - b);
}

function storedTorch(
  { name }: Experiment,
  runs: readonly RunRecord[],
  { torch, python }: TorchWorker['versions'],
): StoredTorch {
  const made = new Date().toISOString().slice(0, 10);
  const minutes = Number((runs.reduce((sum, { seconds }) => sum + seconds, 0) / 60).toFixed(2));
  return { name, torch, python, normgrad: version, made, minutes, runs };
}
