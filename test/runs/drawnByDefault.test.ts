import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { defaultRandom, manualSeed } from '../../src/random.ts';
import { runTraining, type TrainingHooks } from '../../src/runs/training.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-drawn-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Neither names a generator
const norm = join(folder, 'noisy.mjs');
writeFileSync(
  norm,
  `import { defineNorm, Norm, randn } from 'normgrad';
  class Noisy extends Norm { forward(x) { return x.add(randn(x.shape).mul(0.1)); } }
  export default defineNorm({ name: 'noisy', build: () => new Noisy() });`,
);
const model = join(folder, 'net.mjs');
writeFileSync(
  model,
  `import { defineModel, Flatten, Linear, Sequential } from 'normgrad';
  const build = ({ input: [h, w, c], classes }) => new Sequential([new Flatten(), new Linear(h * w * c, classes)]);
  export default defineModel({ name: 'net', build });`,
);
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

// The last step of an epoch, too, behind which it is stopped in the midst of the test
it.each([7, 10])('a run that was stopped after step %i goes on drawing where it stopped', async (last) => {
  const path = join(folder, `run${last}`);
  const stop = new AbortController();
  const onStep = ({ step }: { step: number }) => {
    if (step === last) setTimeout(() => stop.abort(), last === 10 ? 1 : 0);
  };
  const config = { norm, testLimit: 1000 };
  const hooks = { folder: { path }, signal: stop.signal, onStep } as TrainingHooks;
  expect((await runTraining({ ...small, ...config }, hooks)).status).toBe('interrupted');
  manualSeed(5);
  const resumed = await digestOf(config, { folder: { path }, resume: true });
  expect(resumed).toBe(await digestOf(config));
});

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
