import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { duelAnswer } from '../../src/page/panels/duel/answer.ts';
import { commandOf, type DuelConfig } from '../../src/page/panels/duel/config.ts';
import { curveOf, type DuelView } from '../../src/page/panels/duel/view.ts';
import { runTraining } from '../../src/runs/training.ts';
import type { TrainOptions } from '../../src/train/config.ts';
import type { MetricsLine } from '../../src/train/metrics.ts';
import { inProcess } from '../cli/inProcess.ts';
import { executablePath, open } from './open.ts';

const small: DuelConfig = {
  ...{ a: 'none', b: 'batch', depth: 2, width: '16', batch: 128, lr: 0.1, optimizer: 'sgd', seed: 1 },
};

async function after(until: number, more: Partial<DuelConfig> = {}): Promise<DuelView> {
  let view: DuelView | undefined;
  for await (view of duelAnswer({ ...small, ...more, until }));
  return view!;
}

/** What `train` makes of the same. */
async function epochsOfRun(norm: string, { depth, width, batch, ...config }: DuelConfig, epochs: number) {
  const lines: MetricsLine[] = [];
  const { lr, optimizer, seed } = config;
  const options: TrainOptions = {
    ...{
      dataset: 'synthetic',
      limit: 500,
      testLimit: 200,
      norm,
      batchSize: batch,
      lr,
      optimizer,
      seed,
      epochs,
    },
    hidden: new Array<number>(depth).fill(Number(width)),
  };
  await runTraining(options, { onMetrics: (line) => lines.push(line) });
  return lines.flatMap((line) =>
    line.t === 'epoch' ? [{ epoch: line.epoch, train: line.train, test: line.test }] : [],
  );
}

describe('the training of the duel', () => {
  it.each([
    { a: 'none', b: 'batch' },
    { a: 'layer', b: 'weight-norm', optimizer: 'adam', lr: 0.01, seed: 3 },
  ] as const)('ends with the bits of train: %o', async (more) => {
    const config = { ...small, ...more };
    const { sides, perEpoch } = await after(8, more);
    expect(perEpoch).toBe(4);
    for (const [i, norm] of [config.a, config.b].entries()) {
      expect(sides[i].epochs).toEqual(await epochsOfRun(norm, config, 2));
    }
  });

  it('goes on where it paused with the bits of one that did not', async () => {
    await after(3);
    const paused = await after(5);
    await after(2);
    expect(await after(5)).toEqual(paused);
  });

  it('shows that a bias in front of BatchNorm has no gradient, and one in front of nothing has', async () => {
    const { sides } = await after(4);
    const ratio = ({ layers }: DuelView['sides'][0]) =>
      Math.max(...layers.slice(0, -1).map(({ bias, gradient }) => bias! / gradient!));
    expect(ratio(sides[1])).toBeLessThan(1e-6);
    expect(ratio(sides[0])).toBeGreaterThan(1e-3);
  });

  it('says that a side has diverged, or cannot train, and goes on with the other', async () => {
    const { sides } = await after(6, { depth: 6, lr: 1000 });
    expect(sides[0].diverged).toBe('loss NaN at step 4');
    expect(sides[1].last!.step).toBe(6);
    const one = await after(2, { batch: 1 });
    expect(one.sides[1].refused).toContain('more than one value per channel');
    expect(one.sides[0].last!.step).toBe(2);
  });
});

describe('a curve', () => {
  it('of more steps than can be drawn has their means, at the step where each ends', () => {
    const { steps, losses } = curveOf(Array.from({ length: 500 }, (_, i) => i));
    expect(steps).toHaveLength(166);
    expect([steps[0], losses[0], steps[165], losses[165]]).toEqual([3, 1, 498, 496]);
    expect([...curveOf([2, NaN]).losses]).toEqual([2, NaN]);
  });
});

describe.skipIf(executablePath === undefined)('the panel of the duel', () => {
  const hash = '#/duel?depth=2&width=16&batch=128&lr=0.1&steps=4';

  it('shows the digits that its commands print', async () => {
    const { page } = await open(hash);
    const digits = await page.locator('.digits').allTextContents();
    expect(digits).toHaveLength(8);
    const out = join(tmpdir(), `duel-${process.pid}`);
    try {
      let printed = '';
      for (const norm of ['none', 'batch']) {
        const command = commandOf(norm, small, 1);
        expect(await page.locator('.foot').textContent()).toContain(command);
        printed += (await inProcess([...command.split(' ').slice(1), '--out', join(out, norm)])).all;
      }
      for (const each of digits) expect(printed).toContain(each);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });

  it('runs, pauses and steps by keys, and its address follows; a file is drawn in place of a side', async () => {
    const { page, settled, complaints } = await open(hash);
    const steps = async () =>
      Number((await page.locator('.run .step').textContent())!.match(/step (\d+)/)![1]);
    await page.getByRole('button', { name: 'Run' }).focus();
    await page.keyboard.press('r');
    await expect.poll(steps).toBeGreaterThan(10);
    await page.keyboard.press('r');
    await page.getByRole('button', { name: 'Run' }).waitFor();
    await expect.poll(() => page.url()).toMatch(/steps=\d\d+/);
    await settled();
    const paused = await steps();
    await page.keyboard.press('s');
    await expect.poll(steps).toBe(paused + 1);

    // So far that a loss explodes: nothing of the picture may become NaN, which the browser would complain of
    for (let i = 0; i < 3; i++) await page.getByRole('button', { name: 'Learning rate × 10' }).click();
    await settled();
    expect(await page.locator('.lines .tick').count()).toBeGreaterThan(1);

    const side = page.locator('.side.one');
    const choose = async (content: string) => {
      const buffer = Buffer.from(content);
      await side
        .locator('input[type=file]')
        .setInputFiles({ name: 'run.json', mimeType: 'text/json', buffer });
    };
    await choose('{"format":"normgrad trace","version":1,"layers":"<img src=x onerror=alert(1)>"}');
    await side.locator('.problem').waitFor();
    expect(await side.locator('.problem').textContent()).toContain('damaged');
    expect(await side.locator('h2').textContent()).toBe('A: no norm');
    await choose(await traceOf('layer'));
    await side.locator('h2', { hasText: 'synthetic, mlp, norm layer' }).waitFor();
    // Two hidden ones, their norms, the last one, and what lays an image out in a row
    expect(await side.locator('.layers tbody tr').count()).toBe(6);
    expect(complaints).toEqual([]);
  });
});

/** What `train --trace` writes. */
async function traceOf(norm: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'duel-'));
  const file = join(folder, 'trace.json');
  try {
    const command = commandOf(norm, small, 1).split(' ').slice(1);
    await inProcess([...command, '--out', join(folder, 'run'), '--trace', file]);
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
