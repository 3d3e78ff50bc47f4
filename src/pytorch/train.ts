import type { Batch } from '../data/batches.ts';
import { PytorchError } from '../errors.ts';
import type { ExperimentRun } from '../experiment/plan.ts';
import type { RunRecord } from '../experiment/results.ts';
import { randomLayers } from '../nn/layers/randomLayer.ts';
import { runName } from '../runs/name.ts';
import { codeName } from '../train/code/names.ts';
import type { TrainConfig } from '../train/config.ts';
import type { TrainData } from '../train/data.ts';
import { LINES_PER_EPOCH } from '../train/loop.ts';
import type { ProbeLine, Score } from '../train/metrics.ts';
import { buildModel } from '../train/model.ts';
import { INSTANCE_POWER_IMAGES } from '../train/probes/instancePower.ts';
import { LAYER_INPUTS_IMAGES } from '../train/probes/layerInputs.ts';
import { firstTestImages } from '../train/probes/probe.ts';
import { VARIANCE_SHIFT_IMAGES } from '../train/probes/varianceShift.ts';
import { meanScore } from '../train/score.ts';
import { type TorchWorker, torchProbes } from './worker.ts';

/**
 * One run of an experiment, whole, in PyTorch: this library gives the first weights, the batches and what layers draw, those
 * of its own run with the seed, and takes down what train/loop.ts does of a run that goes through. Of the probes PyTorch has `test` and those of
 * worker.ts. Throws a PytorchError for settings that are not looked at here.
 */
export async function trainInTorch(
  { point, seed, config }: ExperimentRun,
  data: TrainData,
  torch: TorchWorker,
): Promise<RunRecord> {
  const odd = (['initFrom', 'patience'] as const).find((name) => config[name] !== null);
  if (odd !== undefined) throw new PytorchError(`${odd}: no run with it is trained in PyTorch`);
  const model = buildModel(config, data);
  if (config.probes.includes('landscape') && randomLayers(model).size > 0) {
    throw new PytorchError(
      'the probe landscape of a network with dropout or noise draws again at every point of its way',
    );
  }
  const start = performance.now();
  const steps = config.epochs * data.train.perEpoch;
  await torch.begin({ config, data, model, steps, dtype: 'float32' });
  const scores = await trained(config, data, torch);
  const seconds = (performance.now() - start) / 1000;
  return {
    ...{ run: runName(config), point, seed, norm: codeName(config.norm) },
    ...scores,
    seconds,
    digest: '',
  };
}

type Trained = Pick<RunRecord, 'status' | 'train' | 'test' | 'epochs' | 'steps' | 'probes'>;

async function trained(config: TrainConfig, data: TrainData, torch: TorchWorker): Promise<Trained> {
  const linesEvery = Math.ceil(data.train.perEpoch / LINES_PER_EPOCH);
  const probeEvery = config.probeEvery ?? data.train.perEpoch;
  const epochs: RunRecord['epochs'][number][] = [];
  const steps: { step: number; train: Score }[] = [];
  const probes: ProbeLine[] = [];
  let step = 0;
  let line = meanScore();
  const end = (status: RunRecord['status']): Trained => {
    const { train = null, test = null } = epochs.at(-1) ?? {};
    return { status, train, test, epochs, steps, ...(probes.length > 0 && { probes }) };
  };
  const probe = async (batch: Batch) => {
    for (const name of config.probes) {
      if (name === 'test')
        probes.push({ t: 'probe', probe: name, step, values: { ...(await tested(data, torch)) } });
      if (!torchProbes.includes(name)) continue;
      const seen = name in testImages ? firstOfTest(data, testImages[name]) : batch;
      probes.push({ t: 'probe', probe: name, step, values: await torch.probe(name, seen) });
    }
  };
  for (let epoch = 1; epoch <= config.epochs; epoch++) {
    const mean = meanScore();
    for (const batch of data.train.epoch(epoch)) {
      if (step % probeEvery === 0) await probe(batch);
      const { gradientNorm = 0, ...score } = await torch.step(batch);
      step++;
      if (!Number.isFinite(score.loss) || !Number.isFinite(gradientNorm)) return end('diverged');
      mean.add(score, batch.size);
      line.add(score, batch.size);
      const inEpoch = step - (epoch - 1) * data.train.perEpoch;
      if (inEpoch % linesEvery === 0) {
        steps.push({ step, train: line.value() });
        line = meanScore();
      }
    }
    line = meanScore();
    const test = await tested(data, torch);
    if (!Number.isFinite(test.loss)) return end('diverged');
    epochs.push({ epoch, train: mean.value(), test });
  }
  if (config.probes.length > 0) {
    const [another] = data.train.epoch(config.epochs + 1);
    await probe(another);
  }
  return end('done');
}

async function tested(data: TrainData, torch: TorchWorker): Promise<Score> {
  const mean = meanScore();
  for (const batch of data.test.epoch(0) as Iterable<Batch>) mean.add(await torch.test(batch), batch.size);
  return mean.value();
}

/** Probes that look at the first test images, and at how many; the others look at the coming batch. */
const testImages: Readonly<Record<string, number>> = {
  instancePower: INSTANCE_POWER_IMAGES,
  layerInputs: LAYER_INPUTS_IMAGES,
  varianceShift: VARIANCE_SHIFT_IMAGES,
};

function firstOfTest(data: TrainData, count: number): Batch {
  const { data: images, shape } = firstTestImages(data, count);
  return { images: images as Float32Array, labels: new Int32Array(shape[0]), size: shape[0] };
}
