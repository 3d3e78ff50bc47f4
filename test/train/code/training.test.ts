import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { configHash, runName } from '../../../src/runs/name.ts';
import { readConfig, readRun, runFiles } from '../../../src/runs/record.ts';
import { runTraining } from '../../../src/runs/training.ts';
import { withHashes } from '../../../src/train/codeFields.ts';
import { resolveConfig, type TrainOptions } from '../../../src/train/config.ts';
import { readMetrics } from '../../../src/train/metrics.ts';
import { folderWith } from './userFiles.ts';

const files = folderWith();
afterAll(files.remove);

const small: TrainOptions = {
  dataset: 'synthetic',
  limit: 64,
  testLimit: 20,
  hidden: [16],
  norm: 'layer',
  batchSize: 16,
  epochs: 1,
};
const digestOf = async (options: TrainOptions) => (await runTraining({ ...small, ...options })).digest;
let count = 0;
const newFolder = () => files.at(`run-${count++}`);

describe('a run with files of a user', () => {
  it('ends with the bits of the same things from this library', async () => {
    const usual = await runTraining({ ...small, labelSmoothing: 0.1 });
    const own: TrainOptions = {
      ...small,
      labelSmoothing: 0.1,
      dataset: files.at('own-digits.mjs'),
      model: files.at('own-mlp.mjs'),
      norm: files.at('own-layer.mjs'),
      loss: files.at('own-loss.mjs'),
      probes: [files.at('own-probe.mjs'), 'landscape'],
    };
    const path = newFolder();
    const result = await runTraining(own, { folder: { path } });
    expect(result).toMatchObject({ digest: usual.digest, test: usual.test, train: usual.train });
    const probes = readMetrics(runFiles(path).metrics).filter((line) => line.t === 'probe');
    const { gradientNorm, perTensor } = probes[0].values;
    expect(probes.map(({ probe }) => probe)).toEqual(['own-probe', 'landscape', 'own-probe', 'landscape']);
    expect(gradientNorm).toBeCloseTo(Math.hypot(...(perTensor as number[])), 12);

    const sha256 = (name: string) =>
      createHash('sha256')
        .update(readFileSync(files.at(name)))
        .digest('hex');
    const names = ['own-digits.mjs', 'own-mlp.mjs', 'own-layer.mjs', 'own-loss.mjs', 'own-probe.mjs'];
    expect(readConfig(path).code).toEqual(
      Object.fromEntries(names.map((name) => [files.at(name), sha256(name)])),
    );
    expect(readRun(path)!.data).toHaveLength(16);
  });

  it('is named after the files and their texts, wherever they lie', () => {
    const named = (norm: string) => withHashes(resolveConfig({ ...small, norm }));
    const config = named(files.at('own-layer.mjs'));
    expect(runName(config)).toMatch(/^synthetic-own-layer-bs16-s1-[0-9a-f]{6}$/);
    const text = readFileSync(files.at('own-layer.mjs'), 'utf8');
    const elsewhere = folderWith({ 'own-layer.mjs': text });
    expect(configHash(named(elsewhere.at('own-layer.mjs')))).toBe(configHash(config));
    elsewhere.write('own-layer.mjs', `${text} // changed`);
    expect(configHash(named(elsewhere.at('own-layer.mjs')))).not.toBe(configHash(config));
    elsewhere.remove();
  });

  it('is not resumed with another text, of the file or of what it imports', async () => {
    files.write('helper.mjs', 'export const eps = 1e-5;');
    const norm = files.write(
      'helped.mjs',
      `import { defineNorm, LayerNorm } from 'normgrad';
       import { eps } from './helper.mjs';
       export default defineNorm({ name: 'helped', build: (features) => new LayerNorm(features, { eps }) });`,
    );
    const path = newFolder();
    const signal = AbortSignal.abort();
    expect((await runTraining({ ...small, norm }, { folder: { path }, signal })).status).toBe('interrupted');
    const resume = () => runTraining(readConfig(path), { folder: { path }, resume: true });
    files.write('helper.mjs', 'export const eps = 1e-4;');
    await expect(resume()).rejects.toThrow(
      `${files.at('helper.mjs')} is not what this was begun with: its SHA-256 was`,
    );
    files.write('helper.mjs', 'export const eps = 1e-5;');
    const config = readConfig(path);
    const moved = {
      ...config,
      norm: files.at('gone.mjs'),
      code: { [files.at('gone.mjs')]: config.code![norm] },
    };
    await expect(runTraining(moved)).rejects.toThrow(
      `there is no file ${files.at('gone.mjs')}, with which this was begun`,
    );
    expect((await resume()).status).toBe('done');
  });
});

describe('what is wrong with a file of a user', () => {
  const broken = (name: string, text: string) => files.write(`broken-${name}.mjs`, text);
  const empty = 'export default 3;';

  it.each([
    [
      'a loss of several numbers',
      { loss: broken('rows', 'export default (logits) => logits;') },
      'a loss is one number, got a Tensor [16, 10]',
    ],
    [
      'a loss that is no tensor',
      { loss: broken('number', 'export default () => 2.3;') },
      'a loss is a tensor of one number, got 2.3',
    ],
    [
      'a loss without a gradient',
      { loss: broken('constant', "import { tensor } from 'normgrad'; export default () => tensor(1);") },
      'no gradient would reach the network',
    ],
    [
      'a file that exports no loss',
      { loss: broken('no-loss', empty) },
      'its default export is no loss: got 3',
    ],
    [
      'a probe that returns a word',
      { probes: [broken('word', "export default () => 'fine';")] },
      'a probe returns numbers, or lists of numbers, by name; got "fine"',
    ],
    [
      'a probe with a value that is no number',
      { probes: [broken('text', "export default () => ({ a: 'b' });")] },
      'a is "b"',
    ],
    [
      'a probe without values',
      { probes: [broken('none', 'export default () => ({});')] },
      'it returned none',
    ],
    [
      'a probe that trains',
      {
        probes: [
          broken(
            'trains',
            'export default ({ model }) => { model.parameters()[1].data[0] = 7; return { a: 1 }; };',
          ),
        ],
      },
      'its probe has changed the weights layers.2.gamma',
    ],
    [
      'a norm that is none',
      { norm: broken('no-norm', 'export default { name: 3, build() {} };') },
      'its default export is no norm: name is small letters',
    ],
    [
      'a norm with the name of another',
      {
        norm: broken(
          'taken',
          "import { defineNorm, LayerNorm } from 'normgrad'; export default defineNorm({ name: 'batch', build: (n) => new LayerNorm(n) });",
        ),
      },
      'there is a norm "batch" already',
    ],
    [
      'a norm that builds no layer',
      {
        norm: broken(
          'no-layer',
          "import { defineNorm } from 'normgrad'; export default defineNorm({ name: 'no-layer', build: () => 3 });",
        ),
      },
      'norm "no-layer": build returns an instance of a class that extends Norm',
    ],
    [
      'a model that is none',
      { model: broken('no-model', empty), hidden: null },
      'its default export is no model: expected a model, as defineModel returns it',
    ],
    [
      'a model with other logits',
      {
        model: broken(
          'wide',
          "import { defineModel, Flatten, Linear, Sequential } from 'normgrad'; export default defineModel({ name: 'wide', build: ({ random }) => new Sequential(new Flatten(), new Linear(784, 7, { random })) });",
        ),
        hidden: null,
      },
      'of two images [2, 28, 28, 1] its model makes a Tensor [2, 7], expected logits [2, 10]',
    ],
    [
      'a model that cannot take the images',
      {
        model: broken(
          'narrow',
          "import { defineModel, Linear } from 'normgrad'; export default defineModel({ name: 'narrow', build: ({ random }) => new Linear(3, 10, { random }) });",
        ),
        hidden: null,
      },
      'its model cannot take images [2, 28, 28, 1]: linear:',
    ],
    [
      'a dataset that is none',
      { dataset: broken('no-data', empty) },
      'its default export is no dataset: got 3',
    ],
    [
      'a dataset with a part missing',
      { dataset: broken('half', 'export default { train: {} };') },
      'broken-half.mjs: train: got height undefined',
    ],
    ['a file that is not there', { norm: files.at('nothing.mjs') }, `norm: there is no file`],
    [
      'a file without a default export',
      { norm: broken('unnamed', 'export const norm = 3;') },
      'has no default export',
    ],
  ])('%s', async (_, options, message) => {
    await expect(runTraining({ ...small, ...options } as TrainOptions)).rejects.toThrow(message);
  });

  it('an exception in its code has the file and the line, also where a function of this library threw', async () => {
    const norm = broken(
      'throws',
      `import { defineNorm, Norm, square } from 'normgrad';
class Throws extends Norm {
  forward(x) {
    return square('x');
  }
}
export default defineNorm({ name: 'throws', build: () => new Throws() });`,
    );
    await expect(runTraining({ ...small, norm })).rejects.toThrow(/broken-throws\.mjs:4: .*square/);
    const dataset = broken('async', 'export default async () => null.x;');
    await expect(runTraining({ ...small, dataset })).rejects.toThrow(/broken-async\.mjs:1: TypeError: /);
  });
});

it('takes mse and hinge, and refuses smoothed labels where a loss has none', async () => {
  const digests = await Promise.all([digestOf({}), digestOf({ loss: 'mse' }), digestOf({ loss: 'hinge' })]);
  expect(new Set(digests).size).toBe(3);
  await expect(digestOf({ loss: 'hinge', labelSmoothing: 0.1 })).rejects.toThrow(
    'labelSmoothing: the hinge loss has no labels',
  );
});
