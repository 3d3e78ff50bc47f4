import type { Command } from 'commander';
import { duration } from '../../charts/progress.ts';
import { plural } from '../../errors.ts';
import { retryFailed } from '../../runs/sweep/retry.ts';
import { loadSweep } from '../../runs/sweep/sweep.ts';
import { type AtWork, workersOf } from '../../runs/sweep/workers.ts';
import { typed } from '../../typed.node.ts';
import { type Output, outputOf } from '../output.ts';
import { numeric, tableText } from '../table.ts';
import { takeFlags } from './flags.ts';
import { labelText, reportSweep } from './report.ts';

/** `sweep status` and `sweep retry`: how a sweep stands, and a second chance for what failed. */
export function addStatus(sweep: Command): void {
  const shown = sweep
    .command('status')
    .description('how the runs of a sweep stand, and who works at them')
    .argument('<dir>', 'folder of a sweep')
    .action((folder: string, _: object, self: Command) => status(folder, outputOf(self)));
  const retried = sweep
    .command('retry')
    .description('let workers of Slurm, Kubernetes and the like (--no-wait) try again what has failed')
    .argument('<dir>', 'folder of a sweep')
    .action((folder: string, _: object, self: Command) => retry(folder, outputOf(self)));
  for (const command of [shown, retried]) takeFlags(command, []);
}

function status(folder: string, output: Output): void {
  const runs = loadSweep(folder);
  const { atWork, hosts } = workersOf(runs);
  if (atWork.length > 0) {
    const rows = atWork.map((each) => [
      each.worker,
      labelText(each.run.labels),
      each.step === undefined ? '' : String(each.step),
      signOfLife(each),
    ]);
    output.result(tableText(['worker', 'at work on', numeric('step'), 'sign of life'], rows, output));
  }
  // One host alone has done it all: the last line says how much.
  if (hosts.length > 1) {
    const kinds = ['done', 'diverged', 'failed', 'running'] as const;
    const rows = hosts.map((share) => [share.host, ...kinds.map((kind) => String(share[kind]))]);
    output.result(tableText(['host', ...kinds.map(numeric)], rows, output));
  }
  const workers = atWork.map(({ run, ...each }) => ({ ...each, id: run.id, labels: run.labels }));
  reportSweep(folder, runs, output, { more: { workers, hosts } });
}

function signOfLife({ quietSeconds, isStale }: AtWork): string {
  const ago = `${duration(1000 * quietSeconds)} ago`;
  return isStale ? `none: the last was ${ago}` : ago;
}

function retry(folder: string, output: Output): void {
  const opened = retryFailed(loadSweep(folder));
  output.result(`${plural(opened.length, 'run')} that had failed will be tried again`);
  if (opened.length > 0) output.note(`by the next worker, or: ${typed('sweep', [folder])}`);
  output.event('result', { folder, runs: opened.map(({ id, labels }) => ({ id, labels })) });
}
