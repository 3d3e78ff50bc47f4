import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { groups, type StepCase, step } from '../../bench/cases.ts';
import { compared, type Result } from '../../bench/measure.ts';
import { headOf, rowOf } from '../../bench/rows.ts';
import { peers } from '../../bench/side.ts';
import { spread } from '../../bench/spread.ts';
import { readStart, writeStart } from '../../bench/start.ts';
import { sweepCases, sweptModels } from '../../bench/sweep.ts';
import { startLines } from '../../src/pytorch/lines.ts';

/** What the bench compares normgrad with, as far as it can be tested without the peers. */
interface Layer {
  kind: string;
  main: Layer[];
  shortcut: Layer[];
  inputs: number;
  outputs: number;
  kernel: number;
  features: number;
  bias: boolean;
}

const { netOf } = await javascript('nets.mjs');
const { readStart: readStartOfPeers } = await javascript('start.mjs');
const folder = mkdtempSync(join(tmpdir(), 'normgrad-bench-test-'));
const file = join(folder, 'start.safetensors');
afterAll(() => rmSync(folder, { recursive: true }));

/** bench/peers/, which has no types. */
function javascript(name: string) {
  return import(/* @vite-ignore */ new URL(`../../bench/peers/${name}`, import.meta.url).href);
}

function shapesOf(layer: Layer): number[][] {
  const { inputs, outputs, kernel, features, bias } = layer;
  if (layer.kind === 'block') return [...layer.main, ...layer.shortcut].flatMap(shapesOf);
  if (layer.kind === 'norm') return [[features], [features]];
  const extra = bias ? [[outputs]] : [];
  if (layer.kind === 'conv') return [[outputs, inputs, kernel, kernel], ...extra];
  return layer.kind === 'linear' ? [[outputs, inputs], ...extra] : [];
}

const smallest = (cases: readonly StepCase[]): StepCase[] => [
  ...new Map(
    cases.map((each) => [`${each.model} ${each.norm} ${each.width}`, { ...each, batch: 2 }]),
  ).values(),
];
const swept = sweptModels.flatMap((model) => smallest(sweepCases(model)).slice(0, 2));
const timed = smallest(groups['training steps'].filter((each) => each.kind === 'step'));

describe('the start of a training step', () => {
  it.each([...timed, ...swept].map((each) => [each.name, each] as const))(
    '%s has the parameters that the peers ask for, in their order',
    (_, benchCase) => {
      writeStart(benchCase, file);
      const { parameters, x, labels } = readStartOfPeers(file);
      const wanted = netOf(benchCase).layers.flatMap(shapesOf);
      expect(parameters.map(({ shape }: { shape: number[] }) => shape)).toEqual(wanted);
      expect([x.shape[0], labels.length]).toEqual([2, 2]);
    },
  );

  it('is read back as what was written, images and labels as the peers have them', async () => {
    const benchCase = step('deep-cnn', 'batch', 2);
    writeStart(benchCase, file);
    const theirs = readStartOfPeers(file);
    const { x, labels } = await readStart(benchCase, file);
    expect(labels).toEqual(theirs.labels);
    expect(x.shape).toEqual([2, 32, 32, 3]);
    // Sample 1, row 5, column 7, channel 2
    expect(x.data[((1 * 32 + 5) * 32 + 7) * 3 + 2]).toBe(theirs.x.data[((1 * 3 + 2) * 32 + 5) * 32 + 7]);
  });
});

describe('a row', () => {
  const measured = { times: spread([1, 2, 3]), start: 0.5, memory: 80 };
  const row: Result = {
    ...{ group: 'training steps', case: step('mlp', 'none', 60), ours: measured, gflops: null },
    ...{ peer: measured, missing: null, ratio: { median: 1, min: 1, max: 1 } },
    losses: compared([2.3, 1.3, 0.5], [2.3, 1.3, 0.51]),
  };

  it('stands under its head, with memory and start of both sides', () => {
    const head = headOf('training steps', 'tfjs').split('\n').at(-1)!;
    expect(rowOf(row)).toHaveLength(head.length);
    expect(rowOf(row)).toMatch(/ 80 +80 +0\.50 +0\.50$/);
  });

  it('says that its sides do not compute the same', () => {
    const apart = { ...row, losses: compared([2.3, 1.3, 0.5], [2.3, 1.6, 1.4]) };
    expect(rowOf(apart)).toMatch(
      /! the losses .* 2\.30000 1\.30000 0\.500000 here, 2\.30000 1\.60000 1\.40000 there$/,
    );
    expect(compared([2.3, 1.3, 0.5], [2.3, 1.3, Number.NaN])!.agree).toBe(false);
    expect(compared([2.3, 1.3, 0.5], [2.3])!.agree).toBe(false);
  });

  it('says why the peer is not there', () => {
    const missing: Result = { ...row, peer: null, ratio: null, losses: null, missing: 'no pooling' };
    expect(rowOf(missing)).toMatch(/not there: no pooling$/);
  });
});

it('every peer of Node has its exact versions locked, by content and not by address', () => {
  for (const peer of peers.filter((each) => each !== 'torch')) {
    const read = (name: string) =>
      JSON.parse(readFileSync(new URL(`../../bench/peers/${peer}/${name}`, import.meta.url), 'utf8'));
    const { dependencies } = read('package.json');
    const { packages } = read('package-lock.json');
    for (const [name, version] of Object.entries(dependencies)) {
      const locked = packages[`node_modules/${name}`];
      expect([version, locked.resolved]).toEqual([locked.version, undefined]);
      expect(locked.integrity).toMatch(/^sha512-/);
    }
  }
});

it('a process that gives up is quoted with its error, whatever it writes behind it', async () => {
  const script =
    "process.stdout.write('{\"ready\":1}\\n'); setTimeout(() => { throw new TypeError('no such thing') }, 20)";
  const { first, ask, complaint } = await startLines(process.execPath, ['-e', script]);
  expect(first).toEqual({ ready: 1 });
  expect(await ask({ run: 1 })).toBe(null);
  expect(await complaint).toBe('TypeError: no such thing');
});
