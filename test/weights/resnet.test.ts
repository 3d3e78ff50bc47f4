import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { crossEntropy, noGrad, wrap } from '../../src/autograd/index.ts';
import { channelsLast } from '../../src/nn/border.ts';
import { Sgd } from '../../src/optim/index.ts';
import { load, save } from '../../src/weights/index.ts';
import { decodeSafetensors, type StoredTensor } from '../../src/weights/safetensors.ts';
import { largestDifference } from './difference.ts';
import { ResNet } from './resnet.ts';

/** Made by resnet.py, with PyTorch 1.13: state before and after two steps of SGD, an input in half precision, logits. */
const file = fileURLToPath(new URL('resnet.safetensors', import.meta.url));
const input = [48, 48, 3];
const others = { x: null, labels: null, logits: null, losses: null };

test('a ResNet of torchvision has the logits of PyTorch, takes the same steps, and goes back', async () => {
  const { tensors } = decodeSafetensors(readFileSync(file));
  const of = (name: string) => tensors.get(name) as StoredTensor;
  const model = new ResNet(2, 5);
  await load(model, file, { input, map: { before: '', after: null, ...others } });
  const x = channelsLast(wrap(of('x').data, of('x').shape));
  const labels = Uint8Array.from(of('labels').data);

  const logits = noGrad(() => model.eval().forward(x));
  expect(largestDifference(logits.data, of('logits').data)).toBeLessThan(1e-5);

  model.train();
  const optimizer = new Sgd(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const losses = [0, 1].map(() => {
    const loss = crossEntropy(model.forward(x), labels);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    return loss.item();
  });
  expect(largestDifference(losses, of('losses').data)).toBeLessThan(1e-5);

  const written = decodeSafetensors(save(model, { input }));
  expect(written.metadata).toEqual({ format: 'pt' });
  const after = [...tensors].filter(([name]) => name.startsWith('after.'));
  expect([...written.tensors.keys()].sort()).toEqual(after.map(([name]) => name.slice(6)).sort());
  for (const [name, { shape, data, as }] of after) {
    const ours = written.tensors.get(name.slice(6))!;
    expect([ours.shape, ours.as], name).toEqual([shape, as]);
    expect(largestDifference(ours.data, data), name).toBeLessThan(1e-5);
  }
});
