import { createRequire } from 'node:module';
import { netOf } from '../nets.mjs';
import { NotThere } from '../serve.mjs';
import { inOrder, readStart, someNumbers } from '../start.mjs';

/** deepbox: its only back end that trains, plain JavaScript on one thread. It asks for Node 24.13 and runs on 20. */
const require = createRequire(import.meta.url);
const nn = require('deepbox/nn');
const optim = require('deepbox/optim');
const { dot, GradTensor, Tensor } = require('deepbox/ndarray');

export const version = `deepbox ${require('./node_modules/deepbox/package.json').version} (JavaScript, 1 thread)`;

export const makers = {
  step(benchCase, start) {
    const { layers, adam, lr, momentum, weightDecay } = netOf(benchCase);
    if (layers.some(({ kind }) => kind === 'maxPool')) {
      throw new NotThere('its MaxPool2d returns float64, which its Conv2d and Linear refuse');
    }
    const { x, labels, parameters } = readStart(start);
    const own = [];
    const forward = chain(layers, inOrder(parameters), own);
    const images = tensor(x.data, x.shape);
    const wanted = tensor(labels, [labels.length], 'int32');
    const optimizer = adam
      ? new optim.Adam(own, { lr: 1e-3 })
      : new optim.SGD(own, { lr, momentum, weightDecay });
    return () => {
      optimizer.zeroGrad();
      const loss = nn.crossEntropyLoss(forward(images), wanted);
      loss.backward();
      optimizer.step();
      return Number(loss.tensor.data[0]);
    };
  },
  norm({ norm, shape, groups }) {
    return alone(
      normLayer({ norm, features: shape[1], groups, eps: 1e-5, isImage: shape.length === 4 }),
      shape,
    );
  },
  conv({ shape: [n, h, w, c], out, kernel, stride }) {
    const padding = (kernel - 1) / 2;
    return alone(new nn.Conv2d(c, out, kernel, { stride, padding, bias: false }), [n, c, h, w]);
  },
  gemm({ m, k, n }) {
    const [a, b] = [numbers([m, k]), numbers([k, n])];
    return () => void dot(a, b);
  },
  optimizer({ optimizer: name, sizes }) {
    const parameters = sizes.map((size) => leaf(numbers([size])));
    for (const each of parameters) each.setGrad(numbers(each.shape));
    const optimizer =
      name === 'adam'
        ? new optim.Adam(parameters, { lr: 1e-3 })
        : new optim.SGD(parameters, { lr: 1e-3, momentum: 0.9, weightDecay: 1e-4 });
    return () => void optimizer.step();
  },
};

function tensor(data, shape, dtype = 'float32') {
  return Tensor.fromTypedArray({ data, shape, dtype, device: 'cpu' });
}

const numbers = (shape) => tensor(someNumbers(shape), shape);
const leaf = (values) => GradTensor.fromTensor(values, { requiresGrad: true });

/** Forward and backward of one layer. */
function alone(layer, shape) {
  const x = leaf(numbers(shape));
  const dy = numbers(layer.forward(x).shape);
  return () => {
    x.zeroGrad();
    for (const parameter of layer.parameters()) parameter.zeroGrad();
    layer.forward(x).backward(dy);
  };
}

/** One function of several layers, which take their parameters as they are made and list them in `own`. */
function chain(layers, take, own) {
  const functions = layers.map((layer) => makeLayer(layer, take, own));
  return (x) => functions.reduce((h, layer) => layer(h), x);
}

function makeLayer(layer, take, own) {
  if (layer.kind === 'block') {
    const long = chain(layer.main, take, own);
    const short = chain(layer.shortcut, take, own);
    const tensorOf = (x) => (x instanceof GradTensor ? x : GradTensor.fromTensor(x, { requiresGrad: false }));
    return (x) =>
      long(x)
        .add(tensorOf(short(x)))
        .relu();
  }
  // Its AdaptiveAvgPool2d loses the gradient
  if (layer.kind === 'globalAverage') return (x) => x.mean(3).mean(2);
  const module = modules[layer.kind](layer);
  for (const parameter of module.parameters()) {
    parameter.tensor.data.set(take(parameter.shape));
    own.push(parameter);
  }
  return (x) => module.forward(x);
}

const modules = {
  conv: ({ inputs, outputs, kernel, stride, padding, bias }) =>
    new nn.Conv2d(inputs, outputs, kernel, { stride, padding, bias }),
  linear: ({ inputs, outputs, bias }) => new nn.Linear(inputs, outputs, { bias }),
  norm: normLayer,
  relu: () => new nn.ReLU(),
  sigmoid: () => new nn.Sigmoid(),
  flatten: () => new nn.Flatten(),
};

function normLayer({ norm, features, groups, eps, isImage }) {
  if (norm === 'group') return new nn.GroupNorm(groups, features, { eps });
  if (norm === 'layer') return new nn.LayerNorm(features, { eps });
  return isImage ? new nn.BatchNorm2d(features, { eps }) : new nn.BatchNorm1d(features, { eps });
}
