import { readFileSync, writeFileSync } from 'node:fs';
import {
  createModel,
  createRandom,
  Dropout,
  load,
  type Module,
  permute,
  randn,
  type Tensor,
  tensor,
} from '../src/index.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../src/weights/safetensors.ts';
import { tensorsOf } from '../src/weights/save.ts';
import type { StepCase } from './cases.ts';

/**
 * What the training steps of all sides begin with, in a file: the weights under PyTorch's names and in its layouts, the images x
 * [N, C, H, W], the labels. From the same start the losses must be the same, which run.ts checks.
 */
export function writeStart(benchCase: StepCase, file: string): void {
  const random = createRandom(0);
  const { batch } = benchCase;
  const [h, w, c] = imageOf(benchCase);
  const tensors = tensorsOf(modelOf(benchCase), { input: [h, w, c] });
  tensors.set('x', { shape: [batch, c, h, w], data: randn([batch, c, h, w], random).data });
  tensors.set('labels', {
    shape: [batch],
    data: Float32Array.from({ length: batch }, () => random.integer(10)),
  });
  writeFileSync(file, encodeSafetensors({ tensors: widestFirst(tensors), metadata: { format: 'pt' } }));
}

export async function readStart(
  benchCase: StepCase,
  file: string,
): Promise<{ model: Module; x: Tensor; labels: Int32Array }> {
  const model = modelOf(benchCase);
  await load(model, file, { input: imageOf(benchCase), map: { x: null, labels: null } });
  // Its masks are each engine's own
  for (const layer of model.namedModules().values()) if (layer instanceof Dropout) layer.eval();
  const { tensors } = decodeSafetensors(readFileSync(file));
  const { shape, data } = tensors.get('x')!;
  const x = permute(tensor(data as Float32Array, shape), [0, 2, 3, 1]);
  return { model, x, labels: Int32Array.from(tensors.get('labels')!.data) };
}

const imageOf = ({ model }: StepCase): readonly [number, number, number] =>
  model === 'mlp' || model === 'tutorial' ? [28, 28, 1] : [32, 32, 3];

function modelOf(benchCase: StepCase): Module {
  const { model, norm, width } = benchCase;
  const wide = width ?? (model === 'mlp' ? 100 : 16);
  const choices =
    model === 'mlp'
      ? { hidden: [wide, wide, wide], activation: 'sigmoid' as const }
      : model === 'resnet20'
        ? { widths: [wide, 2 * wide, 4 * wide] }
        : {};
  const normOptions = norm === 'group' ? { groups: model === 'tutorial' ? 5 : 8 } : {};
  const input = imageOf(benchCase);
  return createModel(model, { input, classes: 10, norm, normOptions, random: createRandom(0), ...choices });
}

/** PyTorch's reader wants numbers of 8 bytes, which are the counts of BatchNorm, in front. */
function widestFirst(tensors: Map<string, StoredTensor>): Map<string, StoredTensor> {
  return new Map([...tensors].sort(([, a], [, b]) => Number(b.as === 'I64') - Number(a.as === 'I64')));
}
