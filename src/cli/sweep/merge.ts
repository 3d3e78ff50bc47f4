import type { Command } from 'commander';
import { ConfigError, plural } from '../../errors.ts';
import { mergeSweeps } from '../../runs/sweep/merge.ts';
import { loadSweep } from '../../runs/sweep/sweep.ts';
import { asUsageError } from '../arguments.ts';
import { EXIT, UsageError } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { outputOf } from '../output.ts';
import { takeFlags } from './flags.ts';
import { reportSweep } from './report.ts';

const examples: Example[] = [
  ['normgrad sweep merge shard1 shard2 --out runs/whole'],
  ['normgrad sweep merge shard3 --out runs/whole', 'one more, later'],
];

const remark =
  'The shards stay as they are. A run that is in two of them must have one digest: else the first is kept, and the exit code is 1.';

/** `sweep merge`: the shards of a sweep in one folder. */
export function describeMerge(command: Command): void {
  command
    .description('copy the runs of shards, of one sweep or several, into one folder')
    .argument('<dir...>', 'folders of sweeps')
    .action(merge);
  takeFlags(command, ['out']);
  addExamples(command, examples, remark);
}

async function merge(folders: string[], _: object, command: Command): Promise<void> {
  const output = outputOf(command);
  const { out } = command.optsWithGlobals<{ out?: string }>();
  if (out === undefined) throw new UsageError('sweep merge needs --out DIR: the folder of all runs together');
  try {
    const { copied, same, unfinished, conflicts } = await mergeSweeps(folders, out);
    const begun =
      unfinished > 0
        ? `, ${plural(unfinished, 'run')} that ${unfinished > 1 ? 'are' : 'is'} not finished`
        : '';
    output.result(
      `${plural(copied, 'finished run')} copied${begun}${same > 0 ? `, ${same} were there` : ''}`,
    );
    for (const conflict of conflicts) output.warn(conflict);
    output.event('merged', { copied, same, unfinished, conflicts });
    reportSweep(out, loadSweep(out), output);
    if (conflicts.length > 0) process.exitCode = EXIT.failed;
  } catch (error) {
    throw error instanceof ConfigError && error.field === 'out' ? asUsageError(error) : error;
  }
}
