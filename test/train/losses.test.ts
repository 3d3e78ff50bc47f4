import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gradcheck, randn, tensor } from '../../src/autograd/index.ts';
import { createRandom } from '../../src/random.ts';
import { lossOf } from '../../src/train/loss.ts';
import { lossNames } from '../../src/train/lossNames.ts';

const golden = JSON.parse(readFileSync(new URL('losses.json', import.meta.url), 'utf8'));
const labels = Int32Array.from(golden.labels);
const smoothing = { mse: 0, 'smoothed mse': 0.1, hinge: 0 };

describe('the losses of a run', () => {
  it.each(['mse', 'smoothed mse', 'hinge'] as const)(
    '%s has the value and the gradient of PyTorch',
    (name) => {
      const logits = tensor(golden.logits, [4, 3], { dtype: 'float64', requiresGrad: true });
      const loss = lossOf({ loss: name.split(' ').at(-1)!, labelSmoothing: smoothing[name] })(logits, labels);
      loss.backward();
      expect(loss.item()).toBeCloseTo(golden.cases[name].loss, 12);
      for (const [i, value] of logits.grad!.toArray().entries()) {
        expect(value).toBeCloseTo(golden.cases[name].dlogits[i], 12);
      }
    },
  );

  it.each(lossNames)('%s: the gradient is that of differences, in evaluation without smoothing', (loss) => {
    const logits = randn([4, 3], createRandom(3), { dtype: 'float64', requiresGrad: true });
    const labelSmoothing = loss === 'hinge' ? 0 : 0.2;
    const fn = lossOf({ loss, labelSmoothing });
    expect(gradcheck(({ logits }) => fn(logits, labels), { logits })[0].passed).toBe(true);
    const evaluated = lossOf({ loss, labelSmoothing }, 'eval')(logits, labels).item();
    expect(evaluated).toBe(lossOf({ loss, labelSmoothing: 0 })(logits, labels).item());
    expect(evaluated === fn(logits, labels).item()).toBe(labelSmoothing === 0);
  });
});
