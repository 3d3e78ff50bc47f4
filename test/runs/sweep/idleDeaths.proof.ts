import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runSweep } from '../../../src/runs/sweep/run.ts';
import { putLock } from '../lock/foreign.ts';
import { childrenOf, ofProcess } from './children.ts';

/** A worker with nothing to do may be killed as often as one likes: it is replaced, and the sweep goes on. */
const folder = mkdtempSync(join(tmpdir(), 'normgrad-idle-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The worker, this process's only child that runs process.ts. */
function workerPid(): number {
  return Number(childrenOf(process.pid).find((pid) => ofProcess(pid, 'cmdline').includes('process.ts')));
}

it.skipIf(process.platform !== 'linux')(
  'five deaths between two runs do not end a sweep',
  { timeout: 600_000 },
  async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const runs = ids.map((id, seed) => ({
      id,
      labels: {},
      config: { dataset: 'synthetic' as const, limit: 40, testLimit: 20, hidden: [8], epochs: 1, seed },
    }));
    // All but the first are somebody else's, until the worker that waits for them has been killed.
    for (const id of ids.slice(1)) {
      mkdirSync(join(folder, id));
      putLock(join(folder, id), {});
    }
    let ends = 0;
    const all = await runSweep(
      { name: 'idle', runs },
      {
        folder,
        jobs: 1,
        onEvent({ type }) {
          if (type !== 'end') return;
          ends++;
          if (ends === ids.length) return;
          process.kill(workerPid(), 'SIGKILL');
          rmSync(join(folder, ids[ends], 'lock'), { recursive: true });
        },
      },
    );
    expect(all.map(({ status }) => status)).toEqual(ids.map(() => 'done'));
  },
);
