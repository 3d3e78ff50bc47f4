import type { LineChart } from '../../src/charts/lineChart.ts';
import { meanCurve } from '../../src/charts/statistics.ts';

/** Made-up accuracies of three seeds, in the shape of the GroupNorm paper's figure 1 (Wu and He 2018). */
const BATCH_SIZES = [32, 16, 8, 4, 2];
const ACCURACY: Record<string, number[][]> = {
  none: [
    [93.1, 92.8, 92.4, 91.9, 91.2],
    [93.4, 92.5, 92.6, 91.5, 90.8],
    [92.9, 92.9, 92.1, 91.8, 91.6],
  ],
  batch: [
    [97.2, 96.5, 95.3, 91.2, 71.0],
    [97.0, 96.4, 95.0, 92.0, 64.2],
    [97.1, 96.3, 95.2, 91.5, 75.9],
  ],
  group: [
    [96.4, 96.3, 96.4, 96.0, 95.8],
    [96.6, 96.5, 96.1, 96.2, 96.0],
    [96.5, 96.4, 96.3, 95.9, 95.6],
  ],
};

export const batchSizeChart: LineChart = {
  title: 'Test accuracy against batch size',
  x: { label: 'batch size', unit: 'examples', type: 'log2', reverse: true },
  y: { label: 'test accuracy', unit: '%' },
  series: Object.entries(ACCURACY).map(([name, seeds]) => ({
    name,
    points: meanCurve(seeds.map((accuracies) => accuracies.map((y, i) => ({ x: BATCH_SIZES[i], y })))),
  })),
  caption: 'Made-up numbers.',
};

/** One seed on two log axes; the run without a norm diverges at the two greatest learning rates. */
export const learningRateChart: LineChart = {
  title: 'Final loss against learning rate',
  x: { label: 'learning rate', type: 'log10' },
  y: { label: 'loss', unit: 'nats', type: 'log10' },
  series: [
    { name: 'batch', points: curve([1, 0.2, 0.05, 0.03, 0.4]) },
    { name: 'none', points: curve([2, 0.4, 0.1, Number.NaN, Number.NaN]) },
  ],
};

function curve(losses: number[]) {
  return meanCurve([losses.map((y, i) => ({ x: [1e-4, 1e-3, 1e-2, 1e-1, 1][i], y }))]);
}
