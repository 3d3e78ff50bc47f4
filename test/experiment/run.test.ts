import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { galleryText } from '../../src/experiment/gallery.ts';
import { planRuns } from '../../src/experiment/plan.ts';
import { runExperiment } from '../../src/experiment/run.ts';
import { readStored, storedExperiment, storedJson } from '../../src/experiment/stored.ts';
import { small } from './small.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-experiment-'));
afterAll(() => rmSync(folder, { recursive: true }));

const plan = planRuns(small);
const run = (options: { signal?: AbortSignal; plan?: typeof plan } = {}) => {
  const started: string[] = [];
  const done = runExperiment(small, options.plan ?? plan, {
    folder,
    signal: options.signal,
    onRunStart: ({ point, seed }) => started.push(`${point.norm} ${point.batchSize} ${seed}`),
  });
  return done.then((records) => ({ records, started }));
};

describe('runExperiment', () => {
  it('stops on a signal, and later runs only what is missing', async () => {
    const controller = new AbortController();
    const first = runExperiment(small, plan, {
      folder,
      signal: controller.signal,
      onRunEnd: ({ seed }) => seed === 1 && controller.abort(),
    });
    const records = await first;
    expect(records.length).toBeGreaterThan(0);
    expect(records.length).toBeLessThan(8);
    const rest = await run();
    expect(rest.records).toHaveLength(8);
    expect(rest.started).toHaveLength(8 - records.length);
    const again = await run();
    expect(again.started).toEqual([]);
    expect(again.records).toEqual(rest.records);
  });

  it('repeats what has another configuration', async () => {
    const longer = planRuns(small, { seeds: [1], overrides: { epochs: 2 } });
    const { started } = await run({ plan: longer });
    expect(started).toHaveLength(4);
  });
});

it('is stored, read again, and shown with its failed claim as failed', async () => {
  const { records } = await run();
  const stored = storedExperiment(small, plan, records, false);
  writeFileSync(join(folder, 'small.json'), storedJson(stored));
  const read = readStored(folder);
  expect(read.get('small')).toEqual(stored);
  const text = galleryText([small], read);
  expect(text).toContain('| [small](#small) | Does it run? | 1 of 2 | 8 |');
  expect(text).toMatch(
    /✗ \*\*failed\*\*: Groups are better by 500 points\. \(measured -?[\d.]+, wanted at least 500\.\)/,
  );
  expect(text).toContain('✓ **held**: There are 8 runs.');
  expect(text).toMatch(/\| none \| 12\.3 \| – \| [\d.]+ ± [\d.]+ \(n=2\) \|/);
  expect(storedJson(stored)).not.toContain(folder);
});
