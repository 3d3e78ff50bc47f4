import { expect, it } from 'vitest';
import { defineNorm } from '../../../src/nn/norm/core/define.ts';
import { type NormEntry, registry } from '../../../src/nn/norm/registry.ts';
import { type TriedOption, takesOption } from '../../../src/nn/norm/takesOption.ts';

const inGroups = ['group', 'batch-channel', 'evonorm-s0', 'proxy-group'];
const running = [
  ...['batch', 'batch-renorm', 'ghost', 'batch-instance', 'switchable', 'mean-only'],
  ...['l1-batch', 'topk-batch', 'extended-batch', 'batch-channel', 'evonorm-b0'],
];
/** Nothing is divided by a deviation or a length there, or what keeps it from 0 has another name. */
const withoutEps = [
  ...['mean-only', 'local-response', 'divisive', 'gdn', 'dyt', 'derf'],
  ...['layer-scale', 'weight-norm', 'spectral'],
];

it.each<[TriedOption, string[]]>([
  ['groups', inGroups],
  ['channelsPerGroup', inGroups],
  ['momentum', running],
  ['rMax', ['batch-renorm']],
  ['virtualBatch', ['ghost']],
  ['eps', registry.map(({ name }) => name).filter((name) => !withoutEps.includes(name))],
])('%s is taken by those norms whose options name it', (option, names) => {
  const taking = registry.filter((norm) => takesOption(norm, option)).map(({ name }) => name);
  expect(taking.toSorted()).toEqual(names.toSorted());
});

it('is believed of a norm that cannot be tried', () => {
  const picky = defineNorm({
    name: 'picky',
    build: () => {
      throw new Error('only of 3 channels');
    },
  });
  expect(takesOption(picky as NormEntry, 'groups')).toBe(true);
});
