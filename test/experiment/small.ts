import { defineExperiment } from '../../src/experiment/define.ts';

/** Two norms at two batch sizes on a handful of drawn digits. */
export const small = defineExperiment({
  name: 'small',
  title: 'A small one',
  question: 'Does it run?',
  source: { paper: 'None.', kept: 'Nothing.', scaled: 'All.' },
  grid: { norm: ['none', { name: 'two groups', norm: 'group', groups: 2 }], batchSize: [8, 4] },
  seeds: 2,
  model: { model: 'mlp', hidden: [8] },
  data: { dataset: 'synthetic', limit: 40, testLimit: 20 },
  training: ({ batchSize }) => ({ optimizer: 'sgd', lr: batchSize / 100, epochs: 1 }),
  figure: { x: 'batchSize', y: 'testError' },
  claims: [
    {
      says: 'Groups are better by 500 points.',
      check: ({ mean }) => ({
        value: mean({ norm: 'none' }, 'testError') - mean({ norm: 'two groups' }, 'testError'),
        atLeast: 500,
      }),
    },
    { says: 'There are 8 runs.', check: ({ runs }) => runs.length === 8 },
  ],
  published: [{ what: 'none', published: '12.3', where: { norm: 'none', batchSize: 4 } }],
});
