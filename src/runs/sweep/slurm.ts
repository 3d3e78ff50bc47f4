import { join } from 'node:path';
import { ConfigError } from '../../errors.ts';
import { quoted } from '../../typed.node.ts';

/** A sweep as a job array of Slurm: each task is a worker that takes runs from the sweep's folder until none is left. */
export interface SlurmJob {
  name: string;
  /** Of the sweep, absolute, on a disk that all nodes share. */
  folder: string;
  /** Where relative paths of the plan start. */
  cwd: string;
  workers: number;
  /** Cores of each worker. */
  cpus: number;
  /** Of a task, as sbatch takes it: `04:00:00`; the partition's own without it. */
  time?: string;
  partition?: string;
  /** More options of sbatch: `--account=p123`. */
  sbatch?: readonly string[];
  /** What runs a worker: program and arguments. */
  command: readonly string[];
}

/** How long before the end of its time a task is told. */
const LEAD_SECONDS = 120;

export const slurmFile = (folder: string) => join(folder, 'slurm.sh');

/**
 * The script of the job. A task that is told to go (its time is nearly up, or it is preempted) ends after its step, with a
 * checkpoint, and is queued again; it needs no memory of what it did, since the folder is the queue. What was measured on Slurm 22.05:
 *   scancel and a requeue send TERM to every process of the task, and `squeue` then says CG; only a task that is still R is to
 *   be requeued by its script, else `scancel` would not end it.
 *   A task that exits with 143 has FAILED and is not queued again: the script has to ask for it.
 *   `scontrol requeue` of the job's number alone would stop the whole array.
 */
export function slurmScript(job: SlurmJob): string {
  const { name, folder, cwd, workers, cpus, time, partition, sbatch = [], command } = job;
  const lead = time === undefined ? LEAD_SECONDS : leadOf(time);
  const options = [
    `--job-name=${name}`,
    `--array=0-${workers - 1}`,
    '--ntasks=1',
    `--cpus-per-task=${cpus}`,
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    `--chdir=${sbatchWord(cwd)}`,
    `--output=${sbatchWord(`${folder.replaceAll('%', '%%')}/slurm-%A_%a.log`)}`,
    '--open-mode=append',
    `--signal=B:USR1@${lead}`,
    '--requeue',
    ...sbatch,
  ];
  return `#!/bin/bash
${options.map((option) => `#SBATCH ${option}\n`).join('')}
# Workers of one sweep. Each takes the next run that nobody has, and leaves when none is left. A task that has to go stops after
# its step with a checkpoint, and is queued again. Written by the command \`sweep slurm\` of normgrad; it may be changed.

export NORMGRAD_THREADS=$SLURM_CPUS_PER_TASK
task=\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
most_restarts=100

# Queues this task again, if it is running. One that Slurm is just ending is queued by Slurm itself, or was cancelled.
again() {
  if [ "\${SLURM_RESTART_COUNT:-0}" -ge "$most_restarts" ]; then
    echo "task $task was restarted $most_restarts times: sbatch ${quoted(slurmFile(folder), 'linux')} goes on" >&2
    exit 1
  fi
  # The controller may be restarting.
  for try in 1 2 3 4 5 6 7 8; do
    state=$(squeue --noheader --jobs="$task" --format=%t) && break
    sleep 5
  done
  [ "$state" = R ] && scontrol requeue "$task" && exit 0
  exit 1
}

# HUP: Slurm may have sent TERM to the worker as well, and a second TERM would end it at once.
leave() {
  trap '' USR1 TERM
  kill -HUP $(jobs -p) 2>/dev/null
  wait
  again
}
trap leave USR1 TERM

${command.map((word) => quoted(word, 'linux')).join(' ')} &
wait $!
code=$?
# Killed, for want of memory perhaps. A run that does so three times has failed, and the next worker leaves it alone.
[ $code = 137 ] && again
exit $code
`;
}

/** A task gets a quarter of a short time at most to stop in. */
function leadOf(time: string): number {
  return Math.min(LEAD_SECONDS, Math.floor(timeSeconds(time) / 4));
}

/** Seconds of a time limit as sbatch takes it: `30`, `30:00`, `4:00:00`, `1-12`, `1-12:00` or `1-12:00:00`. */
export function timeSeconds(time: string): number {
  const [, days, rest] = time.match(/^(?:(\d+)-)?(\d+(?::\d+){0,2})$/) ?? [];
  const parts = rest?.split(':').map(Number) ?? [];
  // After days come hours; alone, one or two numbers are minutes, and seconds.
  const [hours, minutes, seconds] =
    days !== undefined || parts.length === 3 ? parts : [0, parts[0], parts[1]];
  const total = Number(days ?? 0) * 86400 + (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
  if (total > 0) return total;
  throw new ConfigError('time', `must be a time limit of Slurm, got "${time}"`, [
    'like 30 (minutes), 04:00:00 (hours) or 1-12 (a day and twelve hours)',
  ]);
}

/** A value as sbatch reads it after #SBATCH. */
function sbatchWord(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}
