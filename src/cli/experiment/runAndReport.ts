import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { plural } from '../../errors.ts';
import { describeSettings } from '../../experiment/describeSettings.ts';
import { engineOf } from '../../experiment/engine.ts';
import { seriesName } from '../../experiment/figure.ts';
import { writeFigures } from '../../experiment/figureFiles.ts';
import { sweepOf } from '../../experiment/plan.ts';
import type { RunRecord } from '../../experiment/results.ts';
import { runExperiment } from '../../experiment/run.ts';
import type { Experiment } from '../../experiment/spec.ts';
import { storedExperiment } from '../../experiment/stored.ts';
import { storedJson } from '../../experiment/storedRuns.ts';
import { guarded, makeFolder } from '../../runs/files.ts';
import { defaultOut } from '../../runs/folder.ts';
import { wallSeconds } from '../../runs/wallTime.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { EXIT } from '../exit.ts';
import { columns, type Output } from '../output.ts';
import { estimate } from '../sweep/estimate.ts';
import { experimentRuns, type RunFlags } from '../sweep/plan.ts';
import { createRunsProgress } from '../sweep/progress.ts';
import { experimentText } from './text.ts';
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
      writeFigures(folder, experiment, stored.runs, `${stored.settings}.`);
      writeWholeFile(join(folder, 'experiment.json'), storedJson(stored));
    });
    if (save !== undefined) {
      output.note('training the miniature that says by which engine this was made…');
      const kept = { ...stored, engine: await engineOf(experiment) };
      guarded(save, () => writeWholeFile(join(save, `${experiment.name}.json`), storedJson(kept)));
    }
    const failed = runs.filter(({ status }) => status === 'failed');
    const failures = failed.map(({ point, seed }) => `failed: ${nameOf({ ...point, seed })}`);
    if (failed.length > 0) failures.push(`        the same command with --out ${folder} tries again`);
    const { file: page } = writeExperimentReport(experiment, stored, folder);
    const files = [`report: ${page}`, `chart:  ${svg}`, `runs:   ${folder}`];
    const { claims, minutes, wallMinutes } = stored;
    output.result(
      [
        '',
        experimentText(experiment, stored, { width: columns(process.stdout), colors: output.stdout }),
        '',
        `${minutes.toFixed(1)} minutes of training and testing, ${wallMinutes.toFixed(1)} by the clock`,
        ...failures,
        ...files,
        ...closing,
      ].join('\n'),
    );
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
    if (failed.length > 0 || (!smoke && claims.some(({ outcome }) => outcome === 'failed')))
      process.exitCode = EXIT.failed;
  } finally {
    progress.release();
  }
}

function pointName(experiment: Experiment, point: RunRecord['point']): string {
  const { x } = experiment.figure;
  const name = seriesName(experiment, point);
  return x in point ? `${name}  ${x} ${point[x]}` : name;
}
