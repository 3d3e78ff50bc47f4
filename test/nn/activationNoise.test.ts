import { expect, test } from 'vitest';
import { gradcheck, noGrad, randn, tensor } from '../../src/autograd/index.ts';
import { ActivationNoise } from '../../src/nn/layers/activationNoise.ts';
import { dropoutStates, loadDropoutStates } from '../../src/nn/layers/randomLayer.ts';
import { createRandom } from '../../src/random.ts';

const values = (layer: ActivationNoise, shape: number[], value: number) =>
  noGrad(() => layer.forward(tensor(new Float32Array(shape.reduce((a, b) => a * b)).fill(value), shape)));

test('its mean is not 0 and its scale not 1, in the bounds of the paper, alike at all positions of a sample and channel', () => {
  const [samples, channels] = [200, 300];
  const layer = new ActivationNoise(createRandom(1));
  const start = layer.random.state();
  const shift = values(layer, [samples, channels], 0).data;
  layer.random = createRandom(start.seed, start);
  const scale = values(layer, [samples, channels], 1).data.map((y, i) => y - shift[i]);
  const ofChannel = (numbers: typeof shift, c: number) =>
    Array.from({ length: samples }, (_, n) => numbers[n * channels + c]);
  const mean = (numbers: number[]) => numbers.reduce((a, b) => a + b) / numbers.length;
  const deviation = (numbers: number[]) => Math.sqrt(mean(numbers.map((x) => (x - mean(numbers)) ** 2)));
  const all = Array.from({ length: channels }, (_, c) => [ofChannel(shift, c), ofChannel(scale, c)]);
  const [mus, sigmas] = [0, 1].map((k) => all.map((each) => mean(each[k])));
  expect(mean(mus)).toBeCloseTo(0, 1);
  expect(deviation(mus)).toBeCloseTo(1 / Math.sqrt(12), 1);
  expect(Math.max(...mus.map(Math.abs))).toBeLessThan(0.52);
  expect(mean(sigmas)).toBeCloseTo(1.125, 2);
  expect(Math.min(...sigmas)).toBeGreaterThan(0.97);
  expect(Math.max(...sigmas)).toBeLessThan(1.28);
  // Within a channel: U(-0.1, 0.1), and N(0, 0.1^2)
  expect(mean(all.map(([m]) => deviation(m)))).toBeCloseTo(0.1 / Math.sqrt(3), 2);
  expect(mean(all.map(([, s]) => deviation(s)))).toBeCloseTo(0.1, 2);

  const image = values(layer, [2, 3, 4, 5], 1);
  for (let i = 0; i < image.size; i++) {
    const first = Math.floor(i / 60) * 60 + (i % 5);
    expect(image.data[i]).toBe(image.data[first]);
  }
});

test('other noise in every step, the same of the same seed, none in evaluation', () => {
  const [one, two] = [new ActivationNoise(createRandom(3)), new ActivationNoise(createRandom(3))];
  const first = values(one, [4, 6], 1).toArray();
  expect(values(two, [4, 6], 1).toArray()).toEqual(first);
  const second = values(one, [4, 6], 1).toArray();
  expect(second).not.toEqual(first);
  const x = randn([4, 6]);
  expect(one.eval().forward(x)).toBe(x);
});

test('goes on from a saved state', () => {
  const [one, two] = [new ActivationNoise(createRandom(3)), new ActivationNoise(createRandom(4))];
  values(one, [4, 6], 1);
  loadDropoutStates(two, JSON.parse(JSON.stringify(dropoutStates(one))));
  expect(values(two, [4, 6], 1).toArray()).toEqual(values(one, [4, 6], 1).toArray());
});

test('dx = s dy: the noise is a constant of the step', () => {
  const x = randn([3, 2, 4], createRandom(2), { dtype: 'float64', requiresGrad: true });
  const forward = () => new ActivationNoise(createRandom(5)).forward(x);
  expect(gradcheck(forward, { x })[0].passed).toBe(true);
  expect(forward().dtype).toBe('float64');
});

test('says what it takes', () => {
  expect(() => new ActivationNoise(createRandom(1)).forward(tensor([1, 2]))).toThrow(
    'ActivationNoise: x must be [N, ..., C], samples with channels, got',
  );
  expect(() => new ActivationNoise(3 as never)).toThrow('ActivationNoise: random must be a generator');
});
