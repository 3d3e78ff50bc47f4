import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DType } from '../autograd/index.ts';
import type { Batch } from '../data/batches.ts';
import { PytorchError } from '../errors.ts';
import { randomLayers } from '../nn/layers/randomLayer.ts';
import type { Module } from '../nn/module.ts';
import type { TrainConfig } from '../train/config.ts';
import type { TrainData } from '../train/data.ts';
import type { Score } from '../train/metrics.ts';
import type { ProbeValues } from '../train/probes/names.ts';
import { encodeSafetensors, type StoredTensor } from '../weights/safetensors.ts';
import { tensorsOf } from '../weights/save.ts';
import { type Drawing, drawingFor } from './drawn.ts';
import { startTorch, type Torch } from './process.ts';

/** What a run of PyTorch begins with. */
interface TorchStart {
  config: TrainConfig;
  data: TrainData;
  /** Whose first weights it takes, and whose masks and noise; their generators move on. */
  model: Module;
  /** Of the whole run, for the schedule. */
  steps: number;
  dtype: DType;
}

/** The score of a step; the gradient's length where it is clipped. Numbers that are none are NaN. */
interface TorchScore extends Score {
  gradientNorm?: number;
}

/** PyTorch's side, in a process of its own (pytorch/worker.py): one run after another. */
export interface TorchWorker {
  versions: { torch: string; python: string };
  begin(start: TorchStart): Promise<void>;
  step(batch: Batch): Promise<TorchScore>;
  test(batch: Batch): Promise<Score>;
  /** What a probe of `torchProbes` measures. */
  probe(name: string, batch: Batch): Promise<ProbeValues>;
  stop(): void;
}

/** Probes that PyTorch's side has, too; `test` is the worker's own. */
export const torchProbes = ['landscape', 'instancePower', 'layerInputs', 'varianceShift'];

/** Throws a PytorchError where there is no PyTorch, and with what PyTorch says where it cannot do what is asked. */
export async function startWorker(threads = 1): Promise<TorchWorker> {
  const torch = await startTorch(workerFile(), [String(threads)]);
  let shape: readonly number[] = [];
  let drawing: Drawing | undefined;
  const withBatch = (
    request: object,
    { images, labels, size, mixed }: Batch,
    drawn: readonly [string, StoredTensor][] = [],
  ) => {
    const numbers = (of: Batch['labels']): StoredTensor => ({
      shape: [size],
      data: Float64Array.from(of),
      as: 'I64',
    });
    const tensors: [string, StoredTensor][] = [
      ['x', { shape: [size, ...shape], data: images }],
      ['labels', numbers(labels)],
      ...(mixed ? [['otherLabels', numbers(mixed.labels)] as [string, StoredTensor]] : []),
      ...drawn,
    ];
    return answered(torch, mixed ? { ...request, share: mixed.share } : request, tensors);
  };
  return {
    versions: { torch: String(torch.versions.torch), python: String(torch.versions.python) },
    async begin({ config, data, model, steps, dtype }) {
      const { imageShape: input, classes } = data;
      if (config.model === 'transformer' && randomLayers(model).size > 0) {
        throw new PytorchError(
          "dropout of a transformer: PyTorch's attention takes no masks from outside; leave it out",
        );
      }
      shape = input;
      drawing = drawingFor(model, input, dtype);
      const { code: _, ...settings } = config;
      const request = { do: 'begin', config: settings, input, classes, steps, dtype };
      const { parameters, drawing: draws } = await answered(torch, request, tensorsOf(model, { input }));
      const own = model.parameters().reduce((sum, { size }) => sum + size, 0);
      if (parameters !== own)
        throw new PytorchError(`PyTorch's network has ${parameters} parameters, and this one ${own}`);
      if (draws !== drawing.layers)
        throw new PytorchError(
          `PyTorch's network has ${draws} layers of dropout or noise, and this one ${drawing.layers}`,
        );
    },
    step: async (batch) =>
      (await withBatch({ do: 'step' }, batch, drawing?.next(batch.size))) as unknown as TorchScore,
    test: async (batch) => (await withBatch({ do: 'test' }, batch)) as unknown as Score,
    probe: async (name, batch) =>
      (await withBatch({ do: 'probe', name }, batch, drawing?.ahead(batch.size))) as ProbeValues,
    stop: torch.stop,
  };
}

async function answered(
  torch: Torch,
  request: object,
  tensors: Iterable<[string, StoredTensor]>,
): Promise<Record<string, unknown>> {
  const bytes = encodeSafetensors({ tensors: new Map(tensors), metadata: { format: 'pt' } });
  const answer = await torch.ask(request, bytes);
  if (typeof answer.error === 'string') throw new PytorchError(`PyTorch: ${answer.error}`);
  return answer;
}

/** pytorch/ lies beside src, or, in the compiled package, beside dist. */
function workerFile(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'pytorch/worker.py')) && dirname(folder) !== folder)
    folder = dirname(folder);
  return join(folder, 'pytorch/worker.py');
}
