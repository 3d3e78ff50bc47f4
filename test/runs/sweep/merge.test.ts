import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunFolderError } from '../../../src/errors.ts';
import { lockTaker } from '../../../src/runs/lock/lock.ts';
import { mergeSweeps } from '../../../src/runs/sweep/merge.ts';
import { loadSweep, writePlan } from '../../../src/runs/sweep/sweep.ts';
import { runTraining } from '../../../src/runs/training.ts';
import { inProcess } from '../../cli/inProcess.ts';
import { essence } from './essence.ts';
import { tinyPlan, trainOne } from './tinySweep.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-merge-'));
afterAll(() => rmSync(parent, { recursive: true }));
const at = (name: string) => join(parent, name);

const plan = tinyPlan(5);
const [r1, r2, r3, r4] = plan.runs;

/** Shard a has the runs 1 and 2, b has 2 and 3, and has begun 4; nobody has 5. */
beforeAll(async () => {
  await writePlan(at('a'), plan);
  await writePlan(at('b'), plan);
  await writePlan(at('whole'), plan);
  for (const run of [r1, r2]) await trainOne(at('a'), run);
  for (const run of [r2, r3]) await trainOne(at('b'), run);
  for (const run of [r1, r2, r3, r4]) await trainOne(at('whole'), run);
  const controller = new AbortController();
  await runTraining(r4.config, {
    folder: { path: join(at('b'), r4.id) },
    signal: controller.signal,
    onStep: () => controller.abort(),
  });
});

const statuses = (folder: string) => loadSweep(folder).map(({ status }) => status);

describe('shards', () => {
  it('are merged: every finished run as it is, and what was begun goes on', async () => {
    expect(await mergeSweeps([at('a'), at('b')], at('merged'))).toEqual({
      copied: 3,
      same: 1,
      unfinished: 1,
      conflicts: [],
    });
    expect(statuses(at('merged'))).toEqual(['done', 'done', 'done', 'missing', 'missing']);
    const done = (folder: string) => loadSweep(folder).slice(0, 3).map(essence);
    expect(done(at('merged'))).toEqual(done(at('whole')));
    let steps = 0;
    const { config, id } = r4;
    const folder = { path: join(at('merged'), id) };
    const result = await runTraining(config, {
      folder,
      resume: true,
      onStart: (start) => (steps = start.steps),
    });
    expect(steps).toBeGreaterThan(0);
    expect(result.digest).toBe(loadSweep(at('whole'))[3].result!.digest);
  });

  it('may be merged again, and one more at a time', async () => {
    await mergeSweeps([at('a')], at('twice'));
    expect(statuses(at('twice'))).toEqual(['done', 'done', 'missing', 'missing', 'missing']);
    const { copied, same } = await mergeSweeps([at('b'), at('a')], at('twice'));
    expect({ copied, same }).toEqual({ copied: 1, same: 3 });
    expect(statuses(at('twice'))).toEqual(['done', 'done', 'done', 'missing', 'missing']);
  });

  it('with two digests of one run: the first is kept, and it is said', async () => {
    await writePlan(at('other'), plan);
    await trainOne(at('other'), r1);
    const file = join(at('other'), r1.id, 'result.json');
    const before = readFileSync(join(at('a'), r1.id, 'result.json'), 'utf8');
    writeFileSync(file, before.replace(/"digest": ".*?"/, '"digest": "0123456789abcdef"'));
    const { code, stdout, stderr } = await inProcess([
      ...['sweep', 'merge', at('a'), at('other'), '--out', at('conflict')],
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain('2 finished runs copied\n');
    expect(stderr).toMatch(/has two results: digest [0-9a-f]{16} \(\d+@.*\) and 0123456789abcdef \(/);
    expect(readFileSync(join(at('conflict'), r1.id, 'result.json'), 'utf8')).toBe(before);
  });

  it('of other data are refused', async () => {
    await writePlan(at('data'), plan);
    await trainOne(at('data'), r3);
    const file = join(at('data'), r3.id, 'run.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"data": ".*?"/, '"data": "fedcba9876543210"'));
    await expect(mergeSweeps([at('a'), at('data')], at('mixed'))).rejects.toThrow(
      /was trained with other data than .*: their checksums are fedcba9876543210 and/,
    );
  });

  it('whose runs have one name and other settings are refused, before anything is written', async () => {
    const [run] = tinyPlan(1, { hidden: [5] }).runs;
    await writePlan(at('named'), { name: 'named', runs: [{ ...run, id: r1.id }] });
    const merging = mergeSweeps([at('a'), at('named')], at('unnamed'));
    await expect(merging).rejects.toThrow(`${r1.id} has other settings in ${at('named')}`);
    expect(existsSync(at('unnamed'))).toBe(false);
  });

  it('in which somebody works wait', async () => {
    const lock = lockTaker()(join(at('b'), r4.id))!;
    try {
      await expect(mergeSweeps([at('b')], at('busy'))).rejects.toThrow(RunFolderError);
    } finally {
      lock.release();
    }
  });

  it('cannot be merged into one of them, or nowhere', async () => {
    const into = await inProcess(['sweep', 'merge', at('a'), at('b'), '--out', at('b')]);
    expect(into.code).toBe(2);
    expect(into.stderr).toContain(`--out: ${at('b')} is one of the sweeps to be merged`);
    const nowhere = await inProcess(['sweep', 'merge', at('a')]);
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toContain('sweep merge needs --out DIR');
  });
});
