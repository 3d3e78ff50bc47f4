import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { defaultRandom, manualSeed } from '../../src/random.ts';
import { runTraining, type TrainingHooks } from '../../src/runs/training.ts';
import { folderWith } from '../train/code/userFiles.ts';

// Neither names a generator
const { folder, at, remove } = folderWith({
  'noisy.mjs': `
    import { defineNorm, Norm, randn } from 'normgrad';
    class Noisy extends Norm {
      forward(x) {
        if (!this.training) globalThis.inTest?.();
        return x.add(randn(x.shape).mul(0.1));
      }
    }
    export default defineNorm({ name: 'noisy', build: () => new Noisy() });`,
  'net.mjs': `
    import { defineModel, Flatten, Linear, Sequential } from 'normgrad';
    const build = ({ input: [h, w, c], classes }) => new Sequential([new Flatten(), new Linear(h * w * c, classes)]);
    export default defineModel({ name: 'net', build });`,
});
afterAll(remove);
const [norm, model] = [at('noisy.mjs'), at('net.mjs')];
const small = { dataset: 'synthetic', limit: 200, testLimit: 50, batchSize: 20, epochs: 2 };

async function digestOf(options: object, hooks: TrainingHooks = {}): Promise<string> {
  const { digest } = await runTraining({ ...small, ...options }, hooks);
  return digest;
}

it.each([
  ['norm', { norm }],
  ['model', { model }],
])(
  'a %s that draws from the default generator has the numbers of the seed, whatever was drawn before',
  async (_, code) => {
    const digest = await digestOf(code);
    defaultRandom().normal();
    expect(await digestOf(code)).toBe(digest);
    expect(await digestOf(code, { onStart() {} })).toBe(digest);
    expect(await digestOf({ ...code, seed: 2 })).not.toBe(digest);
  },
);

it.each(['epoch', 'test'])(
  'a run that was stopped in the midst of an %s goes on drawing where it stopped',
  async (where) => {
    const path = join(folder, where);
    const stop = new AbortController();
    const onStep = ({ step }: { step: number }) => void (where === 'epoch' && step === 7 && stop.abort());
    if (where === 'test') Object.assign(globalThis, { inTest: () => stop.abort() });
    const hooks: TrainingHooks = { folder: { path }, signal: stop.signal, onStep };
    const { status, steps } = await runTraining({ ...small, norm }, hooks);
    Object.assign(globalThis, { inTest: undefined });
    expect([status, steps]).toEqual(['interrupted', where === 'test' ? 10 : 7]);
    expect(await digestOf({ norm }, { folder: { path }, resume: true })).toBe(await digestOf({ norm }));
  },
);

it('what is measured on the way changes nothing', async () => {
  const digest = await digestOf({ norm });
  expect(await digestOf({ norm, probes: ['test', 'landscape'], probeEvery: 3 })).toBe(digest);
});

it('the program around it finds its own numbers where it left them', async () => {
  manualSeed(3);
  const [, second] = [defaultRandom().normal(), defaultRandom().normal()];
  manualSeed(3);
  defaultRandom().normal();
  await digestOf({ norm });
  expect(defaultRandom().normal()).toBe(second);
});
