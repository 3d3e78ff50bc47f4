import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { noGrad, permute, relu, reshape, stack, sum, type Tensor, wrap } from '../../src/autograd/index.ts';
import { channelsLast } from '../../src/nn/border.ts';
import {
  Conv1d,
  Conv2d,
  LayerNorm,
  Linear,
  type Module,
  PRelu,
  TransformerBlock,
} from '../../src/nn/index.ts';
import { load, save } from '../../src/weights/index.ts';
import { decodeSafetensors } from '../../src/weights/safetensors.ts';
import { largestDifference } from './difference.ts';
import { flat, Net, type With } from './net.ts';

/** Made by orders.py, with PyTorch 1.13. */
const file = fileURLToPath(new URL('orders.safetensors', import.meta.url));
const { tensors } = decodeSafetensors(readFileSync(file));
const input = [3, 4, 2];
/** Row by row. */
const sequence = (x: Tensor) => reshape(x, [x.shape[0], 12, 2]);

const nets: Record<string, () => Module> = {
  slopes: () =>
    new Net(
      { conv: new Conv2d(2, 2, 1), slopes: new PRelu(24), fc: new Linear(24, 3) },
      ({ conv, slopes, fc }: With<'conv' | 'slopes' | 'fc'>, x) =>
        fc.forward(slopes.forward(flat(conv.forward(x)))),
    ),
  turned: () =>
    new Net({ fc: new Linear(24, 3) }, ({ fc }: With<'fc'>, x) => fc.forward(flat(permute(x, [0, 2, 1, 3])))),
  columns: () =>
    new Net({ fc: new Linear(6, 3) }, ({ fc }: With<'fc'>, x) =>
      sum(fc.forward(reshape(permute(x, [0, 2, 1, 3]), [x.shape[0], 4, 6])), 1),
    ),
  side: () =>
    new Net({ fc: new Linear(24, 3) }, ({ fc }: With<'fc'>, x) =>
      flat(fc.forward(stack([flat(x), flat(relu(x))], 1))),
    ),
  sequence: () =>
    new Net(
      { conv: new Conv1d(2, 4, 3), norm: new LayerNorm([10, 4]), fc: new Linear(40, 3) },
      ({ conv, norm, fc }: With<'conv' | 'norm' | 'fc'>, x) =>
        fc.forward(flat(norm.forward(conv.forward(sequence(x))))),
    ),
  tokens: () =>
    new Net(
      {
        conv: new Conv1d(2, 4, 3),
        block: new TransformerBlock(4, 2, {
          hidden: 8,
          norm: (features) => new LayerNorm(features),
          normPlacement: 'after',
        }),
        fc: new Linear(40, 3),
      },
      ({ conv, block, fc }: With<'conv' | 'block' | 'fc'>, x) =>
        fc.forward(flat(block.forward(conv.forward(sequence(x))))),
    ),
};

test.each(Object.keys(nets))('%s: the logits that it has in PyTorch, and back bit by bit', async (name) => {
  const others = Object.fromEntries(Object.keys(nets).map((each) => [each, null]));
  const map = { x: null, ...others, [`${name}.logits`]: null, [`${name}.net`]: '' };
  const model = nets[name]();
  await load(model, file, { input, map });
  const x = channelsLast(wrap(tensors.get('x')!.data, tensors.get('x')!.shape));
  const logits = noGrad(() => model.eval().forward(x));
  expect(largestDifference(logits.data, tensors.get(`${name}.logits`)!.data)).toBeLessThan(2e-6);
  const written = decodeSafetensors(save(model, { input, map })).tensors;
  for (const [key, tensor] of written) expect(tensor, key).toEqual(tensors.get(key));
});
