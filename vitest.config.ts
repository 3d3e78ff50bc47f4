import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * The engine's tests once more: what holds on the WebAssembly kernels holds on the reference kernels too. The gradient checks
 * and laws are left out, since float64 runs on the reference kernels anyway, and so are whole models, made of what is here, and
 * thousands of steps that look for what the graph keeps, whatever the kernels.
 */
const onReferenceKernels = {
  name: 'node, reference kernels',
  include: ['test/{autograd,nn,optim,verify}/**/*.test.ts'],
  exclude: [
    'test/autograd/{gradients,memory,windows}.test.ts',
    'test/nn/norm/{axes,forms,gradients,laws,otherNorms,proxyNorm,ranks,weightNorms}.test.ts',
    'test/nn/{attention,normalizedGru,recurrent,models/models}.test.ts',
    'test/verify/gradcheckNorm.test.ts',
  ],
  env: { NORMGRAD_KERNELS: 'reference' },
};

/** One graph of modules for all files of a worker: to load it anew for each took a third of the time. */
const shared = { isolate: false };

/** What users' files import, as `train --norm ./mine.mjs` resolves it (src/train/code/hooks.ts). */
const ownNames = {
  'normgrad/experiment': fileURLToPath(new URL('src/experiment/define.ts', import.meta.url)),
  normgrad: fileURLToPath(new URL('src/index.ts', import.meta.url)),
};

export default defineConfig({
  resolve: { conditions: ['normgrad-source'], alias: ownNames },
  ssr: { resolve: { conditions: ['normgrad-source'] } },
  test: {
    globalSetup: 'test/setup.mjs',
    // For hangs alone: a machine may be busy with much else.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    // Two files at a time, also on two cores: many tests wait for a process that they have started.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { extends: true, test: { ...shared, name: 'node', include: ['test/**/*.test.ts'] } },
      { extends: true, test: { ...shared, ...onReferenceKernels } },
    ],
  },
});
