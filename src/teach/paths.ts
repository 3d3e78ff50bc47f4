import type { NDArray, SetView } from '../kernels/contract.ts';
import type { Standardization } from './explanation.ts';
import { type Subject, traceOf } from './subject.ts';

/**
 * The three terms of a standardization's dx, one by one, as the norm's file computed them, with g = gamma dy
 * (docs/mathematics.md, B1 to B3):
 *   direct   g / sigma
 *   via mu   dL/dmu / m = -mean(g) / sigma
 *   via v    dL/dv 2 (x - mu) / (m - ddof) = -xHat sum(g xHat) / (m - ddof) / s,  s = sigma or, with eps outside, sqrt(v)
 * null where the layer is no standardization over one kind of set.
 */
export function standardizationOf(subject: Subject, rules = traceOf(subject)): Standardization | null {
  const { entry, x, options } = subject;
  const standard = rules[0]?.printed.standard;
  if (!entry.view || !standard || rules.length !== 1) return null;
  const [{ steps, paths, statistics, everywhere }] = rules;
  const view = entry.view(x.shape, options);
  const m = view.p * view.k;
  const of = (name: string): NDArray => steps.get(name)!;
  const path = (name: string) => (paths.has(name) ? plain(everywhere(paths.get(name)!)) : null);
  const [xHat, g, direct] = [plain(everywhere(of('xHat'))), plain(everywhere(of('g'))), path('direct')!];
  const [viaMean, viaVariance] = [path('mu'), path('v')];

  const sigmas = of(entry.centred ? 'sigma' : 'r').data;
  const sets = Array.from(sigmas, (sigma, set) => {
    const members = membersOf(set, view);
    const sum = (term: (i: number) => number) => members.reduce((total, i) => total + term(i), 0);
    const variance = of('v').data[set];
    const s = standard.epsInside ? sigma : Math.sqrt(variance);
    return {
      members,
      mean: entry.centred ? of('mu').data[set] : 0,
      variance,
      sigma,
      dMean: viaMean && -sum((i) => g[i]) / sigma,
      dVariance: viaVariance && (s === 0 ? 0 : -sum((i) => g[i] * xHat[i]) / (2 * sigma * s)),
    };
  });

  const afterMean = viaMean ? add(direct, viaMean) : direct;
  const dx = viaVariance ? add(afterMean, viaVariance) : afterMean;
  const whole = energy(direct);
  return {
    m,
    sets,
    ...standard,
    centred: entry.centred,
    constants: statistics.size === 0,
    xHat,
    g,
    direct,
    viaMean,
    viaVariance,
    energy: {
      mean: (whole - energy(afterMean)) / whole,
      variance: (energy(afterMean) - energy(dx)) / whole,
      kept: energy(dx) / whole,
      expected: Math.max(m - Number(viaMean !== null) - Number(viaVariance !== null), 0) / m,
    },
  };
}

/** The flat indices of the elements of a set, for x read as [n, p, g, k]. */
function membersOf(set: number, { p, g, k }: SetView): number[] {
  const [i, group] = [Math.floor(set / g), set % g];
  return Array.from({ length: p * k }, (_, j) => (i * p + Math.floor(j / k)) * g * k + group * k + (j % k));
}

/** 0 + …: 0, and not -0, where x is mu. */
function plain(values: Float64Array): number[] {
  return Array.from(values, (value) => 0 + value);
}

function add(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]);
}

function energy(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
