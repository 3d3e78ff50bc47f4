import { expect, test } from 'vitest';
import { gradcheck, noGrad, randn } from '../../src/autograd/index.ts';
import { CircularPad, circularPad } from '../../src/nn/layers/circularPad.ts';
import { createModel } from '../../src/nn/models/registry.ts';
import { createRandom } from '../../src/random.ts';
import { images } from './support.ts';

test('every cell of the frame is the pixel that is opposite, corners included', () => {
  const x = images([2, 3, 4, 2]);
  const y = new CircularPad(2).forward(x);
  expect(y.shape).toEqual([2, 7, 8, 2]);
  for (let n = 0; n < 2; n++) {
    for (let i = 0; i < 7; i++) {
      for (let j = 0; j < 8; j++) {
        const from = ((n * 3 + ((i + 1) % 3)) * 4 + ((j + 2) % 4)) * 2;
        const to = ((n * 7 + i) * 8 + j) * 2;
        expect(y.data[to]).toBe(x.data[from]);
        expect(y.data[to + 1]).toBe(x.data[from + 1]);
      }
    }
  }
});

test('its gradient goes back to where the cells came from', () => {
  const x = randn([2, 3, 2, 2], createRandom('x'), { dtype: 'float64' });
  x.requiresGrad = true;
  expect(gradcheck(() => circularPad(x, 1), { x }).every(({ passed }) => passed)).toBe(true);
});

test('more cells than the image has are refused', () => {
  expect(() => circularPad(images([1, 2, 5, 1]), 3)).toThrow('H and W of at least 3');
});

test('on the torus of random-conv, moving the image changes nothing', () => {
  const model = createModel('random-conv', {
    ...{ input: [5, 6, 3], classes: 4, norm: 'group', depth: 4, widths: [8] },
    random: createRandom(1),
  }).to('float64');
  const x = randn([1, 5, 6, 3], createRandom('x'), { dtype: 'float64' });
  const moved = x.clone();
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j < 6; j++) {
      const [from, to] = [(i * 6 + j) * 3, (((i + 2) % 5) * 6 + ((j + 1) % 6)) * 3];
      moved.data.set(x.data.subarray(from, from + 3), to);
    }
  }
  const [a, b] = [x, moved].map((image) => noGrad(() => model.forward(image)).toArray());
  a.forEach((value, i) => {
    expect(value).toBeCloseTo(b[i], 12);
  });
});
