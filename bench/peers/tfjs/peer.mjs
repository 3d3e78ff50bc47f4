import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { netOf } from '../nets.mjs';
import { inOrder, readStart, someNumbers } from '../start.mjs';
import './kernels.mjs';

/**
 * TensorFlow.js: its WebAssembly back end with SIMD, on one thread, since its threads do not start in Node. tfjs-node, which is
 * faster, needs a download from Google's servers and breaks on Node 23 and later. The networks are written with its core, which
 * tfjs-layers only wraps; images are [N, H, W, C].
 */
setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
await tf.setBackend('wasm');
await tf.ready();

export const version = `TensorFlow.js ${tf.version.tfjs} (wasm, SIMD, 1 thread, two convolution kernels added)`;

export const makers = {
  step(benchCase, start) {
    const { layers, adam, lr, momentum, weightDecay } = netOf(benchCase);
    const { x, labels, parameters } = readStart(start);
    const forward = chain(layers, inOrder(parameters));
    const [n, c, h, w] = x.shape;
    const images = tf.keep(tf.tensor(x.data, [n, c, h, w]).transpose([0, 2, 3, 1]));
    const wanted = tf.oneHot(tf.tensor1d(labels, 'int32'), 10).toFloat();
    const optimizer = adam ? tf.train.adam(1e-3, 0.9, 0.999, 1e-8) : tf.train.momentum(lr, momentum);
    return () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() =>
          tf.losses.softmaxCrossEntropy(wanted, forward(images)),
        );
        if (!adam) {
          for (const [name, gradient] of Object.entries(grads)) {
            grads[name] = gradient.add(tf.engine().registeredVariables[name].mul(weightDecay));
          }
        }
        optimizer.applyGradients(grads);
        return value.dataSync()[0];
      });
  },
  norm({ norm, shape, groups }) {
    const [n, c, ...image] = shape;
    const layer = norms[norm];
    const own = [n, ...image, c];
    const gradients = tf.grads((x, gamma, beta) => layer({ x, gamma, beta, groups, eps: 1e-5 }));
    const operands = [keptNumbers(own), tf.keep(tf.ones([c])), tf.keep(tf.zeros([c]))];
    const dy = keptNumbers(own);
    return () => tf.dispose(gradients(operands, dy));
  },
  conv({ shape, out, kernel, stride }) {
    const x = keptNumbers(shape);
    const w = keptNumbers([kernel, kernel, shape[3], out]);
    const convolve = (input, weight) => tf.conv2d(input, weight, stride, (kernel - 1) / 2);
    const gradients = tf.grads(convolve);
    const dy = keptNumbers(convolve(x, w).shape);
    return () => tf.dispose(gradients([x, w], dy));
  },
  gemm({ m, k, n }) {
    const a = keptNumbers([m, k]);
    const b = keptNumbers([k, n]);
    return () => tf.matMul(a, b).dispose();
  },
  optimizer({ optimizer: name, sizes }) {
    const variables = sizes.map((size) => tf.variable(tf.tensor1d(someNumbers([size]))));
    const gradients = Object.fromEntries(
      variables.map(({ name: each, shape }) => [each, keptNumbers(shape).mul(1e-3)]),
    );
    const optimizer = name === 'adam' ? tf.train.adam(1e-3) : tf.train.momentum(1e-3, 0.9);
    return () =>
      tf.tidy(() => {
        const decayed = { ...gradients };
        if (name === 'sgd')
          for (const each of variables) decayed[each.name] = gradients[each.name].add(each.mul(1e-4));
        optimizer.applyGradients(decayed);
      });
  },
};

const keptNumbers = (shape) => tf.keep(tf.tensor(someNumbers(shape), shape));

/** One function of several layers; each takes its parameters as it is made. */
function chain(layers, take) {
  const functions = layers.map((layer) => makeLayer[layer.kind](layer, take));
  return (x) => functions.reduce((h, layer) => layer(h), x);
}

const makeLayer = {
  conv({ inputs, outputs, kernel, stride, padding, bias }, take) {
    const w = variable(take, [outputs, inputs, kernel, kernel], (each) => each.transpose([2, 3, 1, 0]));
    const b = bias ? variable(take, [outputs]) : null;
    return (x) => plus(tf.conv2d(x, w, stride, padding), b);
  },
  linear({ inputs, outputs, bias, from }, take) {
    const w = variable(take, [outputs, inputs], (each) =>
      from
        ? each
            .reshape([outputs, ...from])
            .transpose([2, 3, 1, 0])
            .reshape([inputs, outputs])
        : each.transpose(),
    );
    const b = bias ? variable(take, [outputs]) : null;
    return (x) => plus(tf.matMul(x, w), b);
  },
  norm({ norm, features, groups, eps, isImage }, take) {
    const gamma = variable(take, [features]);
    const beta = variable(take, [features]);
    const running =
      norm === 'batch'
        ? [tf.variable(tf.zeros([features]), false), tf.variable(tf.ones([features]), false)]
        : null;
    return (x) => norms[norm]({ x, gamma, beta, groups, eps, isImage, running });
  },
  relu: () => tf.relu,
  sigmoid: () => tf.sigmoid,
  maxPool: () => (x) => tf.maxPool(x, 2, 2, 'valid'),
  flatten: () => (x) => x.reshape([x.shape[0], -1]),
  globalAverage: () => (x) => x.mean([1, 2]),
  block({ main, shortcut }, take) {
    const long = chain(main, take);
    const short = chain(shortcut, take);
    return (x) => tf.relu(long(x).add(short(x)));
  },
};

function variable(take, shape, turned = (each) => each) {
  return tf.tidy(() => tf.variable(turned(tf.tensor(take(shape), shape))));
}

const plus = (x, bias) => (bias ? x.add(bias) : x);

/** tfjs has no GroupNorm: what its users write. Of batch and layer what tfjs-layers does. */
const norms = {
  batch({ x, gamma, beta, eps, running }) {
    const axes = x.shape.slice(0, -1).map((_, i) => i);
    const { mean, variance } = tf.moments(x, axes);
    if (running) {
      follow(running[0], mean);
      follow(running[1], variance);
    }
    const asImage = x.rank === 4 ? x : x.reshape([x.shape[0], 1, 1, -1]);
    return tf.batchNorm(asImage, mean, variance, beta, gamma, eps).reshape(x.shape);
  },
  group({ x, gamma, beta, groups, eps }) {
    const [n, h, w, c] = x.shape;
    const { mean, variance } = tf.moments(x.reshape([n, h, w, groups, c / groups]), [1, 2, 4], true);
    const xHat = x
      .reshape([n, h, w, groups, c / groups])
      .sub(mean)
      .div(variance.add(eps).sqrt());
    return xHat.reshape(x.shape).mul(gamma).add(beta);
  },
  layer({ x, gamma, beta, eps }) {
    const { mean, variance } = tf.moments(x, -1, true);
    return x.sub(mean).div(variance.add(eps).sqrt()).mul(gamma).add(beta);
  },
};

function follow(running, statistic) {
  running.assign(running.mul(0.9).add(statistic.mul(0.1)));
}
