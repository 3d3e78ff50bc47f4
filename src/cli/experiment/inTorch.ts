import { plural } from '../../errors.ts';
import { seriesName } from '../../experiment/figure.ts';
import {
  readTorchFile,
  type StoredTorch,
  stillPlanned,
  type TorchRecord,
  torchFile,
  torchPlan,
} from '../../experiment/inTorch.ts';
import type { ExperimentRun } from '../../experiment/plan.ts';
import { keepsSteps } from '../../experiment/run.ts';
import type { Experiment } from '../../experiment/spec.ts';
import { rounded, storedJson } from '../../experiment/storedRuns.ts';
import { publishedTable } from '../../experiment/tables.ts';
import { trainInTorch } from '../../pytorch/train.ts';
import { startWorker } from '../../pytorch/worker.ts';
import { guarded, makeFolder } from '../../runs/files.ts';
import { runName } from '../../runs/name.ts';
import { version } from '../../runs/version.ts';
import { loadData, onceInARow, prepareData } from '../../train/data.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { UsageError } from '../exit.ts';
import type { Output } from '../output.ts';
import { tableText } from '../table.ts';

/**
 * Trains those runs of an experiment in PyTorch that stand in its table beside what was published, `jobs` at a time. With `save`, the
 * folder's NAME.pytorch.json is written after each; runs that lie there, of the same settings, are not repeated.
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
  const done = new Map(stillPlanned(before, whole).map((record) => [record.run, record]));
  const missing = plan.filter(({ config }) => !done.has(runName(config)));
  output.note(`${plural(missing.length, 'run')} in PyTorch, ${jobs} at a time`);
  const workers = await Promise.all(
    Array.from({ length: Math.min(jobs, missing.length) }, () => startWorker()),
  );
  const load = onceInARow(loadData);
  const keep = (record: TorchRecord, { torch, python }: { torch: string; python: string }) => {
    done.set(record.run, record);
    const runs = plan.flatMap(({ config }) => done.get(runName(config)) ?? []);
    const minutes = Number((runs.reduce((sum, { seconds }) => sum + seconds, 0) / 60).toFixed(2));
    const made = new Date().toISOString().slice(0, 10);
    const stored: StoredTorch = {
      name: experiment.name,
      torch,
      python,
      normgrad: version,
      made,
      minutes,
      runs,
    };
    if (file !== undefined) guarded(save!, () => writeWholeFile(file, storedJson(stored)));
  };
  try {
    const left = [...missing];
    const work = async (worker: (typeof workers)[number]) => {
      for (let run = left.shift(); run !== undefined; run = left.shift()) {
        const data = prepareData(run.config, await load(run.config));
        const { steps, ...record } = await trainInTorch(run, data, worker);
        const whole = { run: runName(run.config), ...record, ...(keepsSteps(experiment) && { steps }) };
        keep(rounded(whole) as TorchRecord, worker.versions);
        const { status, test, seconds, point, seed } = record;
        output.note(
          `${seriesName(experiment, point, [])}  seed ${seed}  ${status}` +
            `${test ? `  test accuracy ${test.accuracy.toFixed(4)}` : ''}  ${seconds.toFixed(0)} s`,
        );
        output.event('run', { point, seed, status, test, seconds });
      }
    };
    await Promise.all(workers.map(work));
  } finally {
    for (const { stop } of workers) stop();
  }
  const runs = plan.flatMap(({ config }) => done.get(runName(config)) ?? []);
  const { heads, rows } = publishedTable(experiment, [], runs);
  output.result(
    tableText(
      heads.slice(0, -1),
      rows.map((row) => row.slice(0, -1)),
      output,
    ),
  );
  if (file !== undefined) output.result(file);
  output.event('result', { status: 'done', runs: runs.length, file: file ?? null });
}
