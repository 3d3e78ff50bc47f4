import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Platform } from './platform.ts';
import { unreadable } from './storedFile.node.ts';
import { writeWholeFile } from './wholeFile.node.ts';

/** What Node reads at once. */
const MOST_BYTES = 2 ** 31 - 1;

/** Node: worker_threads, os and the environment. */
export const platform: Platform = {
  environment: (name) => process.env[name],

  readFile(path) {
    const problem = unreadable(path, MOST_BYTES);
    if (problem !== undefined) throw new Error(`${path} ${problem}`);
    return readFileSync(path);
  },

  writeFile: (path, content) => writeWholeFile(path, content),

  availableThreads: () => availableParallelism(),

  // A container may have less than the machine; 0 and what is larger than that say that it has all.
  totalMemory: () => Math.min(process.constrainedMemory() || totalmem(), totalmem()),

  enableRelaxedSimd() {
    // Later versions have the feature without the flag, and do not know the flag.
    if (Number.parseInt(process.versions.node, 10) < 22) {
      setFlagsFromString('--experimental-wasm-relaxed-simd');
    }
  },

  canShareMemory: () => true,

  canSleep: () => true,

  startWorker(source, data, onFailure) {
    const worker = new Worker(`const data = require('node:worker_threads').workerData;\n${source}`, {
      eval: true,
      workerData: data,
      // The source is plain JavaScript, so loaders such as tsx, and a test runner's own flags, are of no use.
      execArgv: [],
      env: {},
      name: 'normgrad kernels',
    });
    worker.unref();
    worker.on('error', (error) => onFailure(error.message));
    worker.on('exit', (code) => onFailure(`it exited with code ${code}`));
    return { stop: () => void worker.terminate() };
  },
};
