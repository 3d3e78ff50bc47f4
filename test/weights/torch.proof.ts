import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { crossEntropy, noGrad, randn, type Tensor, wrap } from '../../src/autograd/index.ts';
import { channelsFirst, channelsLast } from '../../src/nn/border.ts';
import type { Module } from '../../src/nn/index.ts';
import { Sgd } from '../../src/optim/index.ts';
import { createRandom } from '../../src/random.ts';
import { load } from '../../src/weights/index.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/weights/safetensors.ts';
import { tensorsOf } from '../../src/weights/save.ts';
import { largestDifference } from './difference.ts';
import { buildCase, cases, input } from './models.ts';
import { ResNet } from './resnet.ts';
import { runPython, withoutTorch } from './torch.ts';

/**
 * With PyTorch itself on the other side, both ways: ResNet-18 at its real width, and the modules of models.py for the models of the
 * registry. The same, smaller and from files, is in resnet.test.ts, nets.test.ts and models.test.ts.
 */
const problem = withoutTorch();
if (problem !== undefined)
  console.log(`The proof with PyTorch is skipped: ${problem} (NORMGRAD_PYTHON names another one).`);

const folder = mkdtempSync(join(tmpdir(), 'normgrad-torch-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The state of a model, an input and the logits for it, as a file for the scripts. */
function writeFor(model: Module, shape: readonly number[], x: Tensor, file: string): Tensor {
  const logits = noGrad(() => model.eval().forward(x));
  const tensors = tensorsOf(model, { input: shape });
  const images = noGrad(() => channelsFirst(x));
  for (const [name, { shape, data }] of Object.entries({ x: images, logits }))
    tensors.set(name, { shape, data });
  // PyTorch's reader wants numbers of 8 bytes in front.
  const sorted = [...tensors].sort(([, a], [, b]) => Number(b.as === 'I64') - Number(a.as === 'I64'));
  writeFileSync(file, encodeSafetensors({ tensors: new Map(sorted), metadata: { format: 'pt' } }));
  return logits;
}

describe.skipIf(problem !== undefined)('with PyTorch', { timeout: 600_000 }, () => {
  it('ResNet-18 has its logits, takes the same step, and goes back', async () => {
    const [made, back] = ['resnet18.safetensors', 'back.safetensors'].map((name) => join(folder, name));
    runPython('resnet.py', 'make', made, '--width', '64', '--classes', '10');
    const { tensors } = decodeSafetensors(readFileSync(made));
    const of = (name: string) => tensors.get(name)!;
    const model = new ResNet(64, 10);
    const shape = [64, 64, 3];
    const others = { x: null, labels: null, logits: null, losses: null };
    await load(model, made, { input: shape, map: { before: '', after: null, ...others } });
    const x = channelsLast(wrap(of('x').data, of('x').shape));
    const logits = noGrad(() => model.eval().forward(x));
    const apart = { logits: largestDifference(logits.data, of('logits').data) };
    expect(apart.logits).toBeLessThan(1e-5);

    model.train();
    const optimizer = new Sgd(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const labels = Uint8Array.from(of('labels').data);
    crossEntropy(model.forward(x), labels).backward();
    optimizer.step();
    const worst = { name: '', relative: 0 };
    for (const [name, { data }] of tensorsOf(model, { input: shape })) {
      const theirs = of(`after.${name}`).data;
      const size = largestDifference(theirs, new Float32Array(theirs.length));
      const relative = largestDifference(data, theirs) / size;
      if (relative > worst.relative) Object.assign(worst, { name, relative });
    }
    console.log('ResNet-18:', apart, 'after a step, of the largest number of a tensor:', worst);
    expect(worst.relative).toBeLessThan(1e-4);

    writeFor(model, shape, x, back);
    const said = runPython('resnet.py', 'check', back, '--width', '64', '--classes', '10');
    console.log(said);
    expect(said).toContain('All keys matched');
    expect(Number(said.match(/logits: (\S+)/)![1])).toBeLessThan(1e-4);
    expect(said).toContain('batches: 4');
  });

  it('every model of the registry is the module of models.py', () => {
    cases.forEach((each, i) => {
      const model = buildCase(each, i);
      const x = randn([6, ...input], createRandom(i));
      // Running statistics that are not 0 and 1.
      noGrad(() => model.train().forward(x));
      writeFor(model, input, x, join(folder, `${i}.safetensors`));
    });
    const said = runPython('models.py', 'check', folder)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { model: string; difference: number; size: number });
    console.log(said);
    expect(said.map(({ model }) => model)).toEqual(cases.map(({ model }) => model));
    for (const { model, difference, size } of said) {
      expect(difference, model).toBeLessThan(1e-5 * Math.max(1, size));
    }
  });
});
