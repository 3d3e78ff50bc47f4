import { crossEntropy, type DType, noGrad } from '../autograd/index.ts';
import { channelsLast } from '../nn/border.ts';
import { Sequential } from '../nn/layers/sequential.ts';
import { Comparison, leaf } from './compare.ts';
import type { TrainingCase } from './goldenFile.ts';
import { buildLayers } from './layers.ts';
import { optimizerFor } from './optimizer.ts';

/**
 * Trains a golden network with its batches in turn, and compares the losses of all steps, the parameters and running
 * statistics after the last one, and the logits of batch 0 in evaluation mode.
 */
export function runTraining(golden: TrainingCase, dtype: DType): Comparison {
  const { layers, steps, losses, finalParams } = golden;
  const batches = golden.batches.map(({ x, labels }) => ({
    x: channelsLast(leaf(x, dtype)),
    labels: labels.data,
  }));
  const built = buildLayers(layers, batches[0].x.shape);
  const model = new Sequential(built.map(({ module }) => module)).to(dtype);
  built.forEach(({ module, toOwn }, i) => {
    for (const [name, value] of Object.entries(layers[i].params)) {
      const own = module.namedTensors().get(name);
      if (!own) throw new Error(`layer ${i} (${layers[i].type}) has no parameter ${name}`);
      own.set(toOwn(name, leaf(value, dtype)).data);
    }
  });

  const { type, ...options } = golden.optimizer;
  const optimizer = optimizerFor(type, model.parameters(), options);
  model.train();
  const own: number[] = [];
  for (let step = 0; step < steps; step++) {
    const { x, labels } = batches[step % batches.length];
    const loss = crossEntropy(model.forward(x), labels);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    own.push(loss.item());
  }

  const given = [
    ...golden.batches.map(({ x }) => x),
    ...layers.flatMap(({ params }) => Object.values(params)),
  ];
  const comparison = new Comparison(given);
  comparison.add('losses', { shape: [steps], data: losses }, leaf({ shape: [steps], data: own }, dtype));
  built.forEach(({ module, toGolden }, i) => {
    const tensors = module.namedTensors();
    for (const [name, value] of Object.entries(finalParams[i])) {
      const tensor = tensors.get(name);
      comparison.add(`finalParams.${i}.${name}`, value, tensor && toGolden(name, tensor.detach()));
    }
  });
  model.eval();
  const logits = noGrad(() => model.forward(batches[0].x));
  comparison.add('evalLogitsOnBatch0', golden.evalLogitsOnBatch0, logits);
  return comparison;
}
