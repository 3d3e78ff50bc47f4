/**
 * What tests call in their own process and what starts others. It is compiled as the command line is (scripts/package.mjs), so that
 * these start in a fraction of the time.
 */
export { runExperiment } from '../src/experiment/run.ts';
export { cancelQueued, queueSweep } from '../src/runs/queue/sweep.ts';
export { workForQueue } from '../src/runs/queue/work.ts';
export { runSweep } from '../src/runs/sweep/run.ts';
