import { afterAll, expect, test, vi } from 'vitest';
import type { Tensor } from '../../src/autograd/index.ts';

/** The warning comes once per process: here from modules of this file's own, where what must not cause it comes first. */
vi.resetModules();
const { add, concat, mean, noGrad, parameter, tanh, tensor } = await import('../../src/autograd/index.ts');
const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
afterAll(() => {
  warn.mockRestore();
  vi.resetModules();
});

const w = parameter(Float32Array.of(0.3), [1]);
const forward = () => mean(tanh(w));

test('a long graph, many losses in one, and evaluation in noGrad are no reason to warn', () => {
  let chain: Tensor = w;
  for (let i = 0; i < 5000; i++) chain = add(chain, w);
  chain.backward();
  let total: Tensor = forward();
  for (let i = 0; i < 1500; i++) total = add(total, forward());
  total.backward();
  concat(
    Array.from({ length: 800 }, () => tanh(w)),
    0,
  ).backward({ gradient: tensor(new Float32Array(800)) });
  for (let i = 0; i < 1500; i++) {
    forward();
    forward().backward();
  }
  for (let i = 0; i < 1500; i++) noGrad(forward);
  expect(warn).not.toHaveBeenCalled();
});

test('a thousand forward passes without backward() are: one warning that names noGrad', () => {
  for (let i = 0; i < 2500; i++) forward();
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0][0]).toMatch(
    /no backward\(\) has come for.*Evaluate inside noGrad\(\(\) => \.\.\.\)/s,
  );
  forward().backward();
});
