import type { Numbers } from '../kernels/contract.ts';
import type { Detached } from '../nn/norm/core/conventions.ts';
import { measureCore, membersOf } from './core.ts';
import type { Standardization } from './explanation.ts';
import type { Subject } from './subject.ts';

/**
 * The three terms of a standardization's dx, one by one, with g = gamma dy (docs/mathematics.md, B1 to B3):
 *   direct   g / sigma
 *   via mu   dL/dmu / m = -mean(g) / sigma
 *   via v    dL/dv 2 (x - mu) / (m - ddof) = -xHat sum(g xHat) / (m - ddof) / sigma
 *            (eps outside of the root: times sigma / sqrt(v))
 * null where the layer is no standardization over one kind of set, or not with these terms.
 */
export function standardizationOf(subject: Subject, detach: Detached): Standardization | null {
  const { entry, layer, x, upstream, options } = subject;
  if (!entry.view) return null;
  const view = entry.view(x.shape, options);
  const core = measureCore(entry, x.shape, options);
  if (core === null) return null;
  const tensors = layer.namedTensors();
  const gamma = tensors.get('gamma')?.data ?? null;
  const running = layer.training ? null : runningOf(tensors);
  const m = view.p * view.k;
  const features = view.g * view.k;

  const constants = running !== null;
  const through = {
    mean: !constants && entry.centred && detach !== 'mean' && detach !== 'both',
    variance: !constants && detach !== 'variance' && detach !== 'both',
  };
  const zeros = () => new Array<number>(x.size).fill(0);
  const [xHat, g, direct, viaMean, viaVariance] = [zeros(), zeros(), zeros(), zeros(), zeros()];
  const sets = Array.from({ length: view.n * view.g }, (_, set) => {
    const members = membersOf(set, view);
    const sum = (of: (i: number) => number) => members.reduce((total, i) => total + of(i), 0);
    const mean = running ? running.mean[set] : entry.centred ? sum((i) => x.data[i]) / m : 0;
    const squares = sum((i) => (x.data[i] - mean) ** 2);
    const variance = running ? running.variance[set] : squares / Math.max(m - core.ddof, 1);
    const sigma = core.epsInside ? Math.sqrt(variance + core.eps) : Math.sqrt(variance) + core.eps;
    for (const i of members) {
      xHat[i] = (x.data[i] - mean) / sigma;
      g[i] = (gamma ? gamma[i % features] : 1) * upstream.data[i];
    }
    const ratio = core.epsInside ? 1 : variance > 0 ? sigma / Math.sqrt(variance) : 0;
    const dMean = -sum((i) => g[i]) / sigma;
    const dVariance = (-sum((i) => g[i] * xHat[i]) * ratio) / (2 * sigma ** 2);
    for (const i of members) {
      direct[i] = g[i] / sigma;
      viaMean[i] = dMean / m;
      // 0 + …: 0, and not -0, where x is mu
      viaVariance[i] = 0 + (dVariance * 2 * (x.data[i] - mean)) / Math.max(m - core.ddof, 1);
    }
    return {
      members,
      mean,
      variance,
      sigma,
      dMean: through.mean ? dMean : null,
      dVariance: through.variance ? dVariance : null,
    };
  });

  const afterMean = through.mean ? add(direct, viaMean) : direct;
  const dx = through.variance ? add(afterMean, viaVariance) : afterMean;
  const whole = energy(direct);
  return {
    m,
    sets,
    ...core,
    centred: entry.centred,
    constants,
    xHat,
    g,
    direct,
    viaMean: through.mean ? viaMean : null,
    viaVariance: through.variance ? viaVariance : null,
    energy: {
      mean: (whole - energy(afterMean)) / whole,
      variance: (energy(afterMean) - energy(dx)) / whole,
      kept: energy(dx) / whole,
      expected: Math.max(m - Number(through.mean) - Number(through.variance), 0) / m,
    },
  };
}

/** The sum of the paths that are there. */
export function sumOfPaths({ direct, viaMean, viaVariance }: Standardization): number[] {
  return [viaMean, viaVariance].reduce<number[]>((sum, path) => (path ? add(sum, path) : sum), direct);
}

function runningOf(tensors: Map<string, { data: Numbers }>) {
  const [mean, variance] = [tensors.get('runningMean'), tensors.get('runningVar')];
  return mean && variance ? { mean: mean.data, variance: variance.data } : null;
}

function add(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]);
}

function energy(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
