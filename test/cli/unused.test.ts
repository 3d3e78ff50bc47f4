import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { folderWith } from '../train/code/userFiles.ts';
import { inProcess } from './inProcess.ts';

const { folder, at, remove } = folderWith({
  'grid.json': JSON.stringify({
    base: { dataset: 'synthetic', limit: 64, epochs: 1, groups: 2 },
    grid: { norm: ['none', 'batch', 'group'], optimizer: ['adam', 'sgd'], momentum: [0, 0.9] },
  }),
  'power.mjs': `
    import { defineNorm, Norm, randn } from 'normgrad';
    class Plain extends Norm { forward(x) { return x.add(randn(x.shape)); } }
    export default defineNorm({ name: 'plain', build: () => new Plain() });`,
  'experiment.json': '{}',
});
afterAll(remove);
const [grid, power] = [at('grid.json'), at('power.mjs')];
const train = ['train', '--dataset', 'synthetic', '--limit', '64', '--epochs', '1'];
const gradcheck = ['gradcheck', '--shape', '2,4'];

it.each([
  [
    [...train, '--groups', '4', '--dry-run'],
    ['--groups changes nothing: batch (--norm) does not look at it'],
  ],
  [[...train, '--norm', 'none', '--eps', '1', '--dry-run'], ['--eps changes nothing: --norm is none']],
  [
    [...train, '--dropout', '0', '--dropout-place', 'last', '--dry-run'],
    ['--dropout-place changes nothing: --dropout is 0'],
  ],
  [[...train, '--fresh-head', '--dry-run'], ['--fresh-head changes nothing: there is no --init-from']],
  // What it draws is the run's: nothing of it is tried
  [
    [...train, '--norm', power, '--groups', '2', '--nesterov', '--out', join(folder, 'run')],
    ['--nesterov changes nothing: adam (--optim) does not look at it'],
  ],
  [[...train, '--norm', 'group', '--groups', '4', '--optim', 'sgd', '--momentum', '0.5', '--dry-run'], []],
  // Of a grid what varies, and what was typed; not what all its runs share
  [
    ['sweep', grid, '--dry-run'],
    ['momentum changes nothing in 6 of 12 runs: adam (optimizer) does not look at it'],
  ],
  [
    ['sweep', grid, '--set', 'optimizer=sgd', '--set', 'eps=0.1', '--set', 'groups=2,4', '--dry-run'],
    [
      'eps changes nothing in 4 of 12 runs: norm is none',
      'groups changes nothing in 8 of 12 runs: none, batch (norm) do not look at it',
    ],
  ],
  [
    ['explain', 'layer', '--groups', '2', '--eps', '1'],
    ['--groups changes nothing: layer does not look at it'],
  ],
  [['explain', 'ghost', '--virtual-batch', '2', '--shape', '4,2'], []],
  [
    [...gradcheck, 'layer', 'rms', '--groups', '2'],
    ['--groups changes nothing: layer, rms do not look at it'],
  ],
  [[...gradcheck, 'layer', 'group', '--groups', '2'], []],
])('%j: what changes nothing is said', async (args, warnings) => {
  const { code, stderr } = await inProcess(args);
  const said = stderr.split('\n').filter((line) => line.startsWith('warning: '));
  expect(said.map((line) => line.replace('warning: ', ''))).toEqual(warnings);
  expect(code).toBe(0);
});

it('a norm that draws has the digest that it has without the flag', async () => {
  const digestOf = async (name: string, flags: string[] = []) => {
    const { stdout } = await inProcess([...train, '--norm', power, '--out', join(folder, name), ...flags]);
    return stdout.match(/digest (\w+)/)?.[1];
  };
  const digest = await digestOf('without');
  expect(digest).toBeDefined();
  expect(await digestOf('with', ['--groups', '2'])).toBe(digest);
});

it.each([
  [['report', folder, '--measure', 'testLoss'], '--measure: the page of an experiment'],
  [
    ['report', folder, folder, '--experiment', 'with-without'],
    '--experiment: for one folder, that of an experiment',
  ],
  [['parity', '--smoke'], '--smoke: of which experiment?'],
  [['parity', '--data-dir', folder], '--data-dir: of which experiment?'],
])('%j is refused', async (args, message) => {
  const { code, stderr } = await inProcess(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});
