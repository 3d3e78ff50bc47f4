/**
 * The networks of bench/cases.ts, layer by layer, for peers that put them together from parts of their own: sizes as PyTorch has
 * them (channels first), parameters in the order in which a state_dict lists them. Dropout is left out on every side.
 */
export function netOf({ model, norm, width }) {
  return {
    layers: nets[model](norm, width),
    momentum: 0.9,
    weightDecay: 1e-4,
    lr: 0.1,
    adam: model === 'tutorial',
  };
}

const nets = {
  mlp(norm, width = 100) {
    const hidden = [784, width, width].flatMap((inputs) => [
      linear(inputs, width, norm === 'none'),
      ...normOf(norm, width, { isImage: false }),
      { kind: 'sigmoid' },
    ]);
    return [{ kind: 'flatten' }, ...hidden, linear(width, 10)];
  },
  // Glorot, eps and the like are Keras' there
  tutorial: (norm) => [
    conv(1, 10, { padding: 0, bias: true }),
    ...normOf(norm, 10, { groups: 5, eps: 1e-3 }),
    { kind: 'flatten' },
    { ...linear(6760, 128), from: [10, 26, 26] },
    { kind: 'relu' },
    linear(128, 10),
  ],
  'deep-cnn'(norm) {
    const unit = (inputs, outputs) => [conv(inputs, outputs, {}), ...normOf(norm, outputs), { kind: 'relu' }];
    return [
      ...unit(3, 32),
      ...unit(32, 32),
      { kind: 'maxPool' },
      ...unit(32, 64),
      ...unit(64, 64),
      { kind: 'maxPool' },
      { kind: 'flatten' },
      { ...linear(4096, 10), from: [64, 8, 8] },
    ];
  },
  resnet20(norm, width = 16) {
    const layers = [conv(3, width, {}), ...normOf(norm, width), { kind: 'relu' }];
    let inputs = width;
    for (const [outputs, stride] of [
      [width, 1],
      [2 * width, 2],
      [4 * width, 2],
    ]) {
      for (const step of [stride, 1, 1]) {
        layers.push({
          kind: 'block',
          main: [
            conv(inputs, outputs, { stride: step }),
            ...normOf(norm, outputs),
            { kind: 'relu' },
            conv(outputs, outputs, {}),
            ...normOf(norm, outputs),
          ],
          shortcut:
            step === 1 && inputs === outputs
              ? []
              : [conv(inputs, outputs, { kernel: 1, stride: step, padding: 0 }), ...normOf(norm, outputs)],
        });
        inputs = outputs;
      }
    }
    return [...layers, { kind: 'globalAverage' }, linear(inputs, 10)];
  },
};

function conv(inputs, outputs, { kernel = 3, stride = 1, padding = 1, bias = false }) {
  return { kind: 'conv', inputs, outputs, kernel, stride, padding, bias };
}

function linear(inputs, outputs, bias = true) {
  return { kind: 'linear', inputs, outputs, bias };
}

function normOf(norm, features, { groups = 8, eps = 1e-5, isImage = true } = {}) {
  return norm === 'none' ? [] : [{ kind: 'norm', norm, features, groups, eps, isImage }];
}
