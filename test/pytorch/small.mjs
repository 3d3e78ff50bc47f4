import { defineExperiment } from 'normgrad/experiment';

/** One arm of a few steps, which PyTorch is asked for. */
export default defineExperiment({
  name: 'small-in-torch',
  title: 'Small',
  question: 'Does it run in PyTorch?',
  source: { paper: '', kept: '', scaled: '' },
  grid: { norm: ['none', 'batch'] },
  seeds: 2,
  model: { model: 'mlp', hidden: [8] },
  data: { dataset: 'synthetic', limit: 64, testLimit: 20, halve: true },
  training: { epochs: 1, batchSize: 16 },
  figure: { x: 'epoch', y: 'testError' },
  claims: [],
  published: [{ what: 'none', published: '12.3', pytorch: true, where: { norm: 'none' } }],
});
