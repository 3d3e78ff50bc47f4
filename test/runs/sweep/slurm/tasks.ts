import { readdirSync } from 'node:fs';
import { ofProcess } from '../children.ts';

/** The processes of a task: the shell that has its script, and what that has started. */
export function processesOf(task: string): { shell: number; workers: number[] } {
  const [job, index] = task.split('_');
  const isOfTask = (pid: number) => {
    const environment = ofProcess(pid, 'environ').split('\0');
    return (
      environment.includes(`SLURM_ARRAY_JOB_ID=${job}`) &&
      environment.includes(`SLURM_ARRAY_TASK_ID=${index}`)
    );
  };
  const isShell = (pid: number) => ofProcess(pid, 'cmdline').includes('slurm_script');
  const all = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isOfTask(pid));
  return { shell: all.find(isShell)!, workers: all.filter((pid) => !isShell(pid)) };
}

/** SIGKILL; those that are gone already are passed over. */
export function kill(pids: readonly number[]): number {
  return pids.filter((pid) => {
    try {
      return process.kill(pid, 'SIGKILL');
    } catch {
      return false;
    }
  }).length;
}
