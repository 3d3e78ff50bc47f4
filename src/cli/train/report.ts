import { join } from 'node:path';
import { backendName } from '../../autograd/index.ts';
import { datasetWarnings } from '../../data/dataset.ts';
import { grouped, plural } from '../../errors.ts';
import type { RunStart } from '../../runs/training.ts';
import { codeName } from '../../train/code/names.ts';
import { describeModel } from '../../train/model.ts';
import { type TrainResult, whereDiverged } from '../../train/result.ts';
import { typed } from '../../typed.node.ts';
import type { Output } from '../output.ts';

/** `mnist 60,000/10,000 · mlp 784-128-128-10 · 118,282 params · norm batch · adam lr 0.001 · seed 1` */
export function announce(start: RunStart, output: Output): void {
  const { config, dataset, model, parameters, folder, steps, startsOver, initialized, warnings } = start;
  const { train, test } = dataset;
  for (const warning of [...datasetWarnings(dataset), ...warnings]) output.warn(warning);
  const images = [train.count, test.count];
  const description = describeModel(codeName(config.model), model);
  output.event('start', { config, folder, images, parameters, steps, initialized, backend: backendName() });
  output.note(
    [
      `${codeName(config.dataset)} ${images.map(grouped).join('/')}`,
      description,
      `${grouped(parameters)} params`,
      `norm ${[config.norm, config.weightNorm].flatMap((norm) => (norm ? codeName(norm) : [])).join(' + ')}`,
      `${config.optimizer} lr ${config.lr}`,
      `seed ${config.seed}`,
    ].join(' · '),
  );
  output.note(folder!);
  if (initialized !== undefined) {
    const { loaded, kept } = initialized;
    const others = kept.length > 0 ? `; as drawn: ${kept.join(', ')}` : '';
    output.note(`weights of ${config.initFrom}: ${plural(loaded, 'tensor')}${others}`);
  }
  if (startsOver !== undefined) output.warn(`${startsOver}: starting over`);
  if (steps > 0) output.note(`continuing after step ${grouped(steps)}`);
  if (output.verbose) output.note(`kernels: ${backendName()}`);
}

const OFTEN_HELPS = 'smaller --lr, --warmup, --clip 1 or a --norm often helps';

/** What came of a run. */
export function report(result: TrainResult, folder: string, output: Output): void {
  const { status, test, best, diverged, guessing, steps, seconds, digest } = result;
  const time = `${grouped(steps)} steps in ${seconds.toFixed(1)} s`;
  if (guessing !== undefined) {
    output.warn(
      `nothing shows that was learned: one class for all test images would get ${guessing.toFixed(4)} of them right. ` +
        `A ${OFTEN_HELPS}, of a ResNet also --zero-gamma.`,
    );
  }
  if (diverged) {
    output.result(`${output.stdout.red('diverged')}: ${whereDiverged(diverged)} (epoch ${diverged.epoch})`);
    output.note(`  a ${OFTEN_HELPS}`);
  } else if (status === 'interrupted') {
    output.result(`interrupted after ${time}`);
  }
  if (test) {
    const accuracy = output.stdout.bold(test.accuracy.toFixed(4));
    const bestText =
      best && best.accuracy > test.accuracy
        ? `, best ${best.accuracy.toFixed(4)} in epoch ${best.epoch}`
        : '';
    const prefix = status === 'done' ? '' : `after epoch ${result.epochs}: `;
    output.result(`${prefix}test accuracy ${accuracy}  loss ${test.loss.toFixed(4)}  (${time}${bestText})`);
  }
  output.result(`digest ${digest}`);
  output.note(`metrics: ${join(folder, 'metrics.jsonl')}`);
  const resume = typed('train --resume', [folder]);
  if (status === 'interrupted') {
    output.result(`✓ checkpoint at step ${steps}    continue: ${resume}`);
  }
  output.event('result', { ...result, folder, ...(status === 'interrupted' ? { resume } : {}) });
}
