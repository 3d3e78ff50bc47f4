import { findNorm } from '../../../nn/norm/createNorm.ts';
import type { NormEntry } from '../../../nn/norm/registry.ts';
import { createRandom, type Random } from '../../../random.ts';
import { explainNorm } from '../../../teach/explain.ts';
import type { Explanation, Standardization } from '../../../teach/explanation.ts';
import { standardizationOf } from '../../../teach/paths.ts';
import type { Request } from '../../../teach/request.ts';
import { createSubject } from '../../../teach/subject.ts';
import type { ProjectionState } from './fields.ts';

export interface ProjectionAnswer {
  shown: Explanation;
  /** The same with the first two values alone. */
  two: Explanation;
}

export function projectionAnswer({ norm, mode, x, g }: Omit<ProjectionState, 'm'>): ProjectionAnswer {
  const entry = findNorm(norm);
  const explained = (count: number) =>
    explainNorm(entry, { mode, ...oneSet(entry, x.slice(0, count), g.slice(0, count)) });
  return { shown: explained(3), two: explained(2) };
}

/** A weight has its sets in columns. */
function oneSet({ kind }: NormEntry, x: readonly number[], g: readonly number[]): Pick<Request, 'x' | 'g'> {
  const rows = (values: readonly number[]) =>
    kind === 'weight' ? values.map((each) => [each]) : [[...values]];
  return { x: rows(x), g: rows(g) };
}

/** What random gradients keep of their energy in a set of m values. */
export interface Kept {
  m: number;
  draws: number;
  mean: number;
  /** Standard deviation of the draws. */
  deviation: number;
  /** Eight of ten draws lie between these. */
  low: number;
  high: number;
  expected: number;
}

const curve = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
const draws = 200;
/** In milliseconds, between two answers. */
const pause = 100;
/** The same draws every time, and so what was found once holds. */
const found = new Map<string, Kept>();

/** The chosen m first, then the curve, as it comes in. */
export async function* keptAnswer({
  norm,
  mode,
  m,
}: Pick<ProjectionState, 'norm' | 'mode' | 'm'>): AsyncGenerator<Kept[]> {
  const entry = findNorm(norm);
  const points: Kept[] = [];
  let last = performance.now();
  for (const each of new Set([m, ...curve])) {
    points.push(keptOf(entry, mode, each));
    if (performance.now() - last < pause) continue;
    yield [...points];
    // A newer question is heard only between two turns
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  }
  yield points;
}

/** Random normal x and g in many sets of m. */
export function keptOf(entry: NormEntry, mode: 'train' | 'eval', m: number): Kept {
  const key = `${entry.name} ${mode} ${m}`;
  const before = found.get(key);
  if (before) return before;
  const paths = manySets(entry, mode, m, createRandom(key));
  const kept = paths.sets.map((set) => energyKept(paths, set.members)).sort((a, b) => a - b);
  const mean = kept.reduce((sum, each) => sum + each, 0) / draws;
  const squares = kept.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const point = {
    m,
    draws,
    mean,
    deviation: Math.sqrt(squares / (draws - 1)),
    low: kept[draws / 10],
    high: kept[draws - 1 - draws / 10],
    expected: paths.energy.expected,
  };
  found.set(key, point);
  return point;
}

/** One pass through the norm with a set per draw: the sets are the rows of x, or its columns, whichever the norm makes of m values. */
function manySets(entry: NormEntry, mode: 'train' | 'eval', m: number, random: Random): Standardization {
  const draw = (count: number, scale: number) => Array.from({ length: count }, () => scale * random.normal());
  for (const [rows, columns] of [
    [draws, m],
    [m, draws],
  ]) {
    // A wide x, that ε is small beside it
    const [x, g] = [10, 1].map((scale) => Array.from({ length: rows }, () => draw(columns, scale)));
    const paths = standardizationOf(createSubject(entry, { mode, groups: 1, x, g }));
    if (paths?.m === m && paths.sets.length === draws) return paths;
  }
  throw new Error(`projection: ${entry.title} has no sets of ${m} values in a matrix.`);
}

function energyKept({ direct, viaMean, viaVariance }: Standardization, members: readonly number[]): number {
  let [all, left] = [0, 0];
  for (const i of members) {
    all += direct[i] ** 2;
    left += (direct[i] + (viaMean?.[i] ?? 0) + (viaVariance?.[i] ?? 0)) ** 2;
  }
  return left / all;
}
