import { expect, test } from 'vitest';
import { Tensor } from '../../../src/autograd/index.ts';
import { withForm } from '../../../src/nn/norm/core/fused.ts';
import { registry } from '../../../src/nn/norm/registry.ts';
import { afterOverwriting } from '../../autograd/overwrite.ts';
import { buildLayer, formsOf, normal } from './layers.ts';

const shape = [3, 2, 1, 6];

/** A norm's own buffers too: evaluation reads the running statistics, forward and backward. */
test.each(registry)('$name: numbers overwritten before backward() give no wrong gradient', (entry) => {
  const x = new Tensor(normal(shape, 'x'), shape, { requiresGrad: true });
  const residual = new Tensor(normal(shape, 'residual'), shape, { requiresGrad: true });
  for (const form of formsOf(entry)) {
    for (const training of [true, false]) {
      const layer = buildLayer(entry, 6, { groups: 2 }, 1).train(training);
      if (entry.kind === 'weight') layer.forward(x);
      const start = layer.state();
      const leaves = { x, residual, ...Object.fromEntries(layer.namedParameters()) };
      const arrays = { ...Object.fromEntries(layer.namedTensors()), x, residual };
      for (const [name, array] of [...Object.entries(arrays), ['y', null]] as const) {
        const outcome = afterOverwriting(
          (y) => array ?? y,
          leaves,
          () => {
            layer.loadState(start);
            return withForm(form, () => layer.forward(x, { residual, relu: true }));
          },
        );
        const what = `${form}, ${training ? 'training' : 'evaluation'}: ${name} overwritten`;
        expect(['throws', 'right'], `${what}: wrong gradient of ${outcome}`).toContain(outcome);
      }
    }
  }
});
