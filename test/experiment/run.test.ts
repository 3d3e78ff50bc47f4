import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatSummary } from '../../src/charts/statistics.ts';
import { galleryText } from '../../src/experiment/gallery.ts';
import { planRuns } from '../../src/experiment/plan.ts';
import { type RunRecord, resultsOf } from '../../src/experiment/results.ts';
import { type ExperimentOptions, keepsSteps } from '../../src/experiment/run.ts';
import { readStored, storedExperiment } from '../../src/experiment/stored.ts';
import { storedJson } from '../../src/experiment/storedRuns.ts';
import type { SweepEvent } from '../../src/runs/sweep/run.ts';
import { loadSweep } from '../../src/runs/sweep/sweep.ts';
import { compiled } from '../package.ts';
import { small } from './small.ts';

const { runExperiment } = await compiled();

const folder = mkdtempSync(join(tmpdir(), 'normgrad-experiment-'));
afterAll(() => rmSync(folder, { recursive: true }));

const plan = planRuns(small);
/** Everything of a run but the time it took. */
const essence = (records: readonly RunRecord[]) => records.map((record) => ({ ...record, seconds: 0 }));

async function run(options: Partial<ExperimentOptions> & { plan?: typeof plan } = {}) {
  const events: string[] = [];
  const records = await runExperiment(small, options.plan ?? plan, {
    folder,
    jobs: 2,
    ...options,
    onEvent(event) {
      events.push(event.type);
      options.onEvent?.(event);
    },
  });
  return { records, ended: events.filter((type) => type === 'end').length, events };
}

describe('runExperiment', () => {
  it('stops on a signal, and later trains only what is missing', async () => {
    const controller = new AbortController();
    const onEvent = ({ type }: SweepEvent) => type === 'end' && controller.abort();
    const first = await run({ signal: controller.signal, onEvent });
    expect(first.records.length).toBeGreaterThan(0);
    expect(first.records.length).toBeLessThan(8);
    const rest = await run();
    expect(rest.records).toHaveLength(8);
    expect(rest.ended).toBe(8 - first.records.length);
    const again = await run();
    expect(again.events).toEqual(Array(8).fill('reused'));
    expect(again.records).toEqual(rest.records);
  });

  it('goes on with a run that was cut off in its middle from where it was, to the same end', async () => {
    const [long] = planRuns(small, { seeds: [1], overrides: { epochs: 100 } });
    const cut = { plan: [long], folder: join(folder, 'cut'), jobs: 1 };
    const controller = new AbortController();
    const onStep = ({ type }: SweepEvent) => type === 'step' && controller.abort();
    expect((await run({ ...cut, signal: controller.signal, onEvent: onStep })).records).toEqual([]);
    let begun = 0;
    const { records } = await run({
      ...cut,
      onEvent: (each) => each.type === 'start' && (begun = each.steps),
    });
    expect(begun).toBeGreaterThan(0);
    const whole = await run({ ...cut, folder: join(folder, 'uncut') });
    expect(essence(records)).toEqual(essence(whole.records));
  });

  it('gives the same bits with one process and with several', async () => {
    const { records } = await run();
    const alone = await run({ jobs: 1, folder: join(folder, 'alone') });
    expect(essence(alone.records)).toEqual(essence(records));
  });

  it('trains what has another configuration, in the same folder', async () => {
    const longer = planRuns(small, { seeds: [1], overrides: { epochs: 2 } });
    const { records, ended } = await run({ plan: longer });
    expect([records.length, ended]).toEqual([4, 4]);
    expect(loadSweep(folder).map(({ status }) => status)).toEqual(Array(12).fill('done'));
  });

  it('has a row for a run that failed, and no claim about it holds', async () => {
    const odd = {
      ...small,
      grid: { ...small.grid, norm: ['none', { name: 'two groups', norm: 'group', groups: 3 }] },
    };
    const mixed = planRuns(odd, { seeds: [1] });
    const { records } = await run({ plan: mixed, folder: join(folder, 'odd') });
    expect(records.map(({ status, point }) => [point.norm, status])).toEqual([
      ['none', 'done'],
      ['none', 'done'],
      ['two groups', 'failed'],
      ['two groups', 'failed'],
    ]);
    const { claims } = storedExperiment(odd, mixed, records, { smoke: false, wallSeconds: 0 });
    expect(claims[0]).toMatchObject({ value: Number.NaN, outcome: 'undecided' });
    const results = resultsOf(records);
    expect(results.range({}, 'testError')).toBeNaN();
    const where = { norm: 'two groups', batchSize: 4 };
    expect(formatSummary(results.summary(where, 'testError'))).toBe('1 failed');
  });
});

it('is stored, read again, and shown with its failed claim as failed', async () => {
  const { records } = await run();
  const stored = storedExperiment(small, plan, records, { smoke: false, wallSeconds: 90 });
  const results = join(folder, 'results');
  mkdirSync(results);
  writeFileSync(join(results, 'small.json'), storedJson(stored));
  const read = readStored(results);
  const { claims: _, ...kept } = stored;
  expect(read.get('small')).toEqual(kept);
  expect(stored.wallMinutes).toBe(1.5);
  const text = galleryText([small], read);
  expect(text).toContain('| [small](#small) | Does it run? | 1 / 1 / 0 | 8 |');
  expect(text).toMatch(
    /✗ \*\*failed\*\*: Groups are better by 500 points\. \(measured -?[\d.]+, 95 % interval -?[\d.]+ to -?[\d.]+ by the jackknife, n = 2 seeds, wanted at least 500\.\)/,
  );
  expect(text).toContain('✓ **held**: There are 8 runs.');
  expect(text).toMatch(/\| none \| 12\.3 \| [\d.]+ ± [\d.]+ \|/);
  expect(storedJson(stored)).not.toContain(folder);
});

it('stands in the gallery without numbers before it has run, with how to make them', () => {
  const text = galleryText([small], new Map());
  expect(text).toContain('## Not run in full yet');
  expect(text).toContain('`normgrad experiment NAME --data-dir DIR --save experiments/results` makes them');
  expect(text).toContain('* [`small`](small.ts): Does it run?');
});

it('stands in the gallery beside its runs in PyTorch, with what they were made by', async () => {
  const { records } = await run();
  const [row] = small.published!;
  const asked = { ...small, published: [{ ...row, pytorch: true as const }] };
  const stored = storedExperiment(small, plan, records, { smoke: false, wallSeconds: 90 });
  const inTorch = {
    ...{ name: 'small', torch: '1.13', python: '3.11', normgrad: '0.1.0', made: '2026-11-26', minutes: 2 },
    runs: resultsOf(records)
      .where(row.where)
      .map((record) => ({ ...record, run: 'its-name' })),
  };
  const text = galleryText([asked], new Map([['small', stored]]), new Map([['small', inTorch]]));
  expect(text).toContain('Beside what was published and the same runs in PyTorch:');
  expect(text).toMatch(/\| none \| 12\.3 \| ([\d.]+ ± [\d.]+) \| \1 \| 0 \|/);
  expect(text).toContain('**1 of 1 row are the same in every seed, and 0 differ');
  expect(text).toContain('2 runs of PyTorch 1.13, seeds 1, 2, with normgrad 0.1.0;');
  const begun = { ...inTorch, runs: inTorch.runs.slice(0, 1) };
  expect(galleryText([asked], new Map([['small', stored]]), new Map([['small', begun]]))).toContain(
    '1 of 2 runs of PyTorch 1.13, seed 1,',
  );
});

it('keeps the lines of steps where only a published number is made of them', () => {
  expect(keepsSteps(small)).toBe(false);
  const published = [{ what: 'the end of the loss', where: {}, measure: 'endLoss' as const }];
  expect(keepsSteps({ ...small, published })).toBe(true);
});
