import { readFileSync } from 'node:fs';
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
  vjp,
} from '@jax-js/jax';
import { netOf } from '../nets.mjs';
import { inOrder, readStart, someNumbers } from '../start.mjs';

/**
 * jax-js: its WebAssembly back end, on one thread, since it asks for the browser's Worker (with one put in its place it is
 * slower). It has no norm layers; they are written as its users have to, without running statistics. A whole step is compiled by
 * `jit` where there is at most one convolution, which `jit` makes 25 times as slow.
 */
await init('wasm');
defaultDevice('wasm');

const description = new URL('./node_modules/@jax-js/jax/package.json', import.meta.url);
export const version = `jax-js ${JSON.parse(readFileSync(description, 'utf8')).version} (wasm, 1 thread)`;

const array = (data, shape) => np.array(data).reshape(shape);
const numbers = (shape) => array(someNumbers(shape), shape);

export const makers = {
  step(benchCase, start) {
    const net = netOf(benchCase);
    const { x, labels, parameters } = readStart(start);
    const taken = [];
    const take = inOrder(parameters);
    const forward = chain(net.layers, (shape) => taken.push(array(take(shape), shape)) - 1);
    const images = array(x.data, x.shape);
    const wanted = nn.oneHot(np.array(labels), 10);
    const loss = (p, input, target) =>
      nn
        .logSoftmax(forward(p, input))
        .mul(target)
        .sum()
        .mul(-1 / labels.length);
    const optimize = net.adam ? adam : momentum(net);
    const oneStep = (p, m, v, correction, input, target) => {
      const [value, gradients] = valueAndGrad(loss)(tree.ref(p), input, target);
      return [...optimize(p, gradients, m, v, correction), value];
    };
    const isSimple = net.layers.filter(({ kind }) => kind === 'conv' || kind === 'block').length < 2;
    const compiled = isSimple ? jit(oneStep) : oneStep;
    let p = taken;
    let m = zerosLike(p);
    let v = net.adam ? zerosLike(p) : [];
    let t = 0;
    return async () => {
      t++;
      let value;
      const correction = [1 - 0.9 ** t, 1 - 0.999 ** t].map((each) => np.array(1 / each));
      [p, m, v, value] = compiled(p, m, v, correction, images.ref, wanted.ref);
      await blockUntilReady(p);
      return value.jsAsync();
    };
  },
  norm({ norm, shape, groups }) {
    const c = shape[1];
    const each = shape.length === 4 ? [c, 1, 1] : [c];
    const operands = [numbers(shape), np.ones(each), np.zeros(each)];
    const dy = numbers(shape);
    const layer = (x, gamma, beta) => normalize[norm](x, { groups, eps: 1e-5 }).mul(gamma).add(beta);
    return pulledBack(jit(backward(layer)), operands, dy);
  },
  conv({ shape: [n, h, w, c], out, kernel, stride }) {
    const padding = (kernel - 1) / 2;
    const convolve = (x, weight) => convolution(x, weight, stride, padding);
    const operands = [numbers([n, c, h, w]), numbers([out, c, kernel, kernel])];
    const like = convolve(...tree.ref(operands));
    const dy = numbers(like.shape);
    like.dispose();
    return pulledBack(backward(convolve), operands, dy);
  },
  gemm({ m, k, n }) {
    const [a, b] = [numbers([m, k]), numbers([k, n])];
    const product = jit((left, right) => np.dot(left, right));
    return async () => disposed(product(a.ref, b.ref));
  },
  optimizer({ optimizer: name, sizes }) {
    const gradients = sizes.map((size) => numbers([size]).mul(1e-3));
    const optimize = jit(name === 'adam' ? adam : momentum({ lr: 1e-3, momentum: 0.9, weightDecay: 1e-4 }));
    let p = sizes.map((size) => numbers([size]));
    let m = zerosLike(p);
    let v = name === 'adam' ? zerosLike(p) : [];
    return async () => {
      const correction = [np.array(1), np.array(1)];
      [p, m, v] = optimize(p, tree.ref(gradients), m, v, correction);
      await blockUntilReady(p);
    };
  },
};

const zerosLike = (p) => tree.ref(p).map((each) => np.zerosLike(each));

async function disposed(value) {
  await blockUntilReady(value);
  tree.dispose(value);
}

/** The gradients of all operands. */
const backward = (f) => (operands, dy) => {
  const [y, pull] = vjp(f, operands);
  y.dispose();
  const gradients = pull(dy);
  pull.dispose?.();
  return gradients;
};

const pulledBack = (gradientsOf, operands, dy) => async () =>
  disposed(gradientsOf(tree.ref(operands), dy.ref));

/** One function (parameters, x) of several layers; `keep` takes a parameter's shape and says its place in the list. */
function chain(layers, keep) {
  const functions = layers.map((layer) => makeLayer[layer.kind](layer, keep));
  return (p, x) => functions.reduce((h, layer) => layer(p, h), x);
}

const convolution = (x, w, stride, padding) =>
  lax.convGeneralDilated(
    x,
    w,
    [stride, stride],
    [
      [padding, padding],
      [padding, padding],
    ],
  );

// An array is given up by whoever uses it; `.ref` is for one use more.
const makeLayer = {
  conv({ inputs, outputs, kernel, stride, padding, bias }, keep) {
    const w = keep([outputs, inputs, kernel, kernel]);
    const b = bias ? keep([outputs]) : -1;
    return (p, x) => {
      const y = convolution(x, p[w], stride, padding);
      return bias ? y.add(p[b].reshape([outputs, 1, 1])) : y;
    };
  },
  linear({ inputs, outputs, bias }, keep) {
    const w = keep([outputs, inputs]);
    const b = bias ? keep([outputs]) : -1;
    return (p, x) => {
      const y = np.dot(x, np.matrixTranspose(p[w]));
      return bias ? y.add(p[b]) : y;
    };
  },
  norm({ norm, features, groups, eps, isImage }, keep) {
    const gamma = keep([features]);
    const beta = keep([features]);
    const each = isImage ? [features, 1, 1] : [features];
    return (p, x) =>
      normalize[norm](x, { groups, eps }).mul(p[gamma].reshape(each)).add(p[beta].reshape(each));
  },
  relu: () => (_, x) => nn.relu(x),
  sigmoid: () => (_, x) => nn.sigmoid(x),
  maxPool: () => (_, x) => lax.reduceWindow(x, np.max, [2, 2], [2, 2]),
  flatten: () => (_, x) => x.reshape([x.shape[0], -1]),
  globalAverage: () => (_, x) => x.mean([2, 3]),
  block({ main, shortcut }, keep) {
    const long = chain(main, keep);
    const short = chain(shortcut, keep);
    return (p, x) => nn.relu(long(p, x.ref).add(short(p, x)));
  },
};

const normalize = {
  batch: (x, { eps }) =>
    standardized(
      x,
      x.shape.map((_, i) => i).filter((i) => i !== 1),
      eps,
    ),
  group(x, { groups, eps }) {
    const [n, c, h, w] = x.shape;
    return standardized(x.reshape([n, groups, c / groups, h, w]), [2, 3, 4], eps).reshape([n, c, h, w]);
  },
  layer: (x, { eps }) => standardized(x, [1], eps),
};

function standardized(x, axes, eps) {
  const mean = x.ref.mean(axes, { keepdims: true });
  const centred = x.sub(mean);
  const variance = np.square(centred.ref).mean(axes, { keepdims: true });
  return centred.mul(np.reciprocal(np.sqrt(variance.add(eps))));
}

/** Optimizers take parameters, gradients and their two states, and return them but for the gradients. */
const momentum =
  ({ lr, momentum: share, weightDecay }) =>
  (p, gradients, m, v, correction) => {
    tree.dispose(correction);
    m = m.map((each, i) => each.mul(share).add(gradients[i]).add(p[i].ref.mul(weightDecay)));
    return [p.map((each, i) => each.sub(m[i].ref.mul(lr))), m, v];
  };

function adam(p, gradients, m, v, [first, second]) {
  m = m.map((each, i) => each.mul(0.9).add(gradients[i].ref.mul(0.1)));
  v = v.map((each, i) => each.mul(0.999).add(np.square(gradients[i]).mul(0.001)));
  p = p.map((each, i) => {
    const width = np.sqrt(v[i].ref.mul(second.ref)).add(1e-8);
    return each.sub(m[i].ref.mul(first.ref).mul(1e-3).div(width));
  });
  first.dispose();
  second.dispose();
  return [p, m, v];
}
