import { worstElement } from '../autograd/gradcheck.ts';
import { zeroGrad } from '../autograd/index.ts';
import type { NormEntry } from '../nn/norm/registry.ts';
import type { CodeExcerpt, Explanation, Invariant, Standardization } from './explanation.ts';
import { groupings, numericJacobian, pictureOf, reachOf, swallowedOver } from './jacobian.ts';
import { standardizationOf, sumOfPaths } from './paths.ts';
import { createSubject, type Request, type Subject } from './subject.ts';

/** What `explain` takes from the source files, where they are at hand (source.node.ts). */
export interface Sources {
  code: (entry: NormEntry, standardization: boolean) => CodeExcerpt[];
  derivation: (entry: NormEntry) => string[];
}

/** The largest tensor whose Jacobian is drawn: its rows and columns must fit a terminal. */
const largestPicture = 24;

/** Everything about a norm's forward and backward pass on the given numbers, computed in float64 by the engine itself. */
export function explainNorm(entry: NormEntry, request: Request, sources: Sources): Explanation {
  const subject = createSubject(entry, request);
  const { x, upstream, layer, forward } = subject;
  const detach = request.detach ?? 'none';
  const y = forward().toArray();
  const { dx, learned } = gradients(subject);
  const numericDx = numericGradient(subject);
  const standardization = confirmed(standardizationOf(subject, detach), dx);
  checkDetached(subject, request, dx, standardization);

  const images = request.shape !== undefined && x.rank === 4;
  const drawn = images && x.size <= largestPicture;
  const jacobian = numericJacobian(x, forward);
  const notes = [...subject.notes, ...surprises(subject, standardization)];
  if (images && !drawn) {
    notes.push(
      `the Jacobian of ${x.size} elements is too large to draw; up to ${largestPicture}: --shape 2,2,2,2.`,
    );
  }
  const { maxAbs, passed } = worstElement({
    name: 'x',
    shape: x.shape,
    analytic: Float64Array.from(dx),
    numeric: Float64Array.from(numericDx),
  });
  return {
    norm: entry.name,
    title: entry.title,
    paper: entry.paper,
    kind: entry.kind,
    formula: standardization ? [standardFormula(standardization)] : forwardFormula(sources.derivation(entry)),
    sets: entry.sets,
    parameters: entry.parameters,
    mode: request.mode ?? 'train',
    detach,
    shape: x.shape,
    reading: subject.reading,
    x: [...x.data],
    y,
    upstream: [...upstream.data],
    dx,
    numericDx,
    learned,
    standardization,
    check: { maxDiff: maxAbs, passed },
    invariants: standardization
      ? standardInvariants(standardization, dx)
      : generalInvariants(subject, dx, jacobian),
    reach: reachOf(jacobian, x.shape),
    picture: drawn ? pictureOf(jacobian, x.shape) : null,
    forgetting: standardization ? forgetting(standardization, layer.namedTensors().get('gamma')?.data) : [],
    code: sources.code(entry, standardization !== null),
    notes,
    tries: tries(entry, request, standardization),
  };
}

/** dL/dx and dL/d(parameter) by the engine's backward pass. */
function gradients({ x, upstream, layer, forward }: Subject) {
  layer.zeroGrad();
  zeroGrad(x);
  forward().backward({ gradient: upstream });
  const learned = [...layer.namedParameters()].map(([name, parameter]) => ({
    name,
    shape: parameter.shape,
    value: [...parameter.data],
    gradient: parameter.grad ? [...parameter.grad.data] : new Array<number>(parameter.size).fill(0),
  }));
  return { dx: x.grad ? x.grad.toArray() : new Array<number>(x.size).fill(0), learned };
}

/** Central differences of L = sum(y upstream): one column of the Jacobian after the other, against the upstream. */
function numericGradient({ x, upstream, forward }: Subject): number[] {
  return numericJacobian(x, forward).reduce(
    (sum, row, i) => sum.map((value, j) => value + row[j] * upstream.data[i]),
    new Array<number>(x.size).fill(0),
  );
}

/** The paths are the explanation only if they add up to what the engine computed. */
function confirmed(paths: Standardization | null, dx: readonly number[]): Standardization | null {
  if (paths === null) return null;
  const scale = Math.max(...paths.direct.map(Math.abs), 1e-300);
  return sumOfPaths(paths).every((value, i) => Math.abs(value - dx[i]) <= 1e-9 * scale) ? paths : null;
}

/** Only norms whose layer has the switch can be shown without a path. */
function checkDetached(
  subject: Subject,
  request: Request,
  dx: readonly number[],
  paths: Standardization | null,
): void {
  const { entry } = subject;
  if (request.detach === undefined || request.detach === 'none' || paths?.constants) return;
  const attached = gradients(createSubject(entry, { ...request, detach: 'none' })).dx;
  if (paths !== null || attached.some((value, i) => Math.abs(value - dx[i]) > 1e-12)) return;
  throw new Error(
    `explain: ${entry.title} has no switch that detaches its statistics. Norms that have one: batch, layer, instance, ` +
      'group.',
  );
}

function standardFormula({ epsInside, centred, ddof }: Standardization): string {
  const divisor = ddof === 1 ? ' with m − 1' : '';
  if (!centred) {
    const r = epsInside ? 'r = √(mean(x²) + ε)' : 'r = √mean(x²) + ε';
    return `y = γ·x̂ + β      x̂ = x/r      ${r}`;
  }
  const sigma = epsInside ? `σ = √(var + ε)${divisor}` : `σ = √var + ε${divisor}`;
  return `y = γ·x̂ + β      x̂ = (x − μ)/σ      ${sigma}`;
}

/** The lines under "Forward" in a derivation. */
function forwardFormula(derivation: readonly string[]): string[] {
  const first = derivation.findIndex((line) => line.startsWith('Forward'));
  if (first < 0) return [];
  const rest = derivation.slice(first + 1);
  const length = rest.findIndex((line) => !/^\s{4,}/.test(line));
  return [derivation[first].replace('Forward', '       '), ...rest.slice(0, length < 0 ? undefined : length)].map(
    (line) => line.trim(),
  );
}

/** Laws T1 and T2 of NORMS.md: the directions 1 and xHat are gone from dx. */
function standardInvariants(paths: Standardization, dx: readonly number[]): Invariant[] {
  const { sets, xHat, g, eps, epsInside, centred, constants } = paths;
  const worst = (of: (members: readonly number[], set: number) => { value: number; law: number }) =>
    sets
      .map(({ members }, set) => of(members, set))
      .reduce((a, b) => (Math.abs(b.value - b.law) > Math.abs(a.value - a.law) ? b : a));
  const dot = (members: readonly number[], a: ArrayLike<number>, b?: ArrayLike<number>) =>
    members.reduce((sum, i) => sum + a[i] * (b ? b[i] : 1), 0);
  const scale = Math.max(...paths.direct.map(Math.abs), 1e-300);
  const shift = worst((members) => ({ value: dot(members, dx), law: 0 }));
  // With eps outside of the root the leftover is sum(g xHat) (1/sigma - sqrt(v)/sigma^2) = sum(g xHat) eps / sigma^2
  const along = worst((members, set) => {
    const { sigma } = sets[set];
    const leftover = (dot(members, g, xHat) * eps) / (epsInside ? sigma ** 3 : sigma ** 2);
    return { value: dot(members, dx, xHat), law: leftover };
  });
  const each = sets.length > 1 ? ' in each set' : '';
  const result: Invariant[] = [];
  if (centred) {
    result.push({
      law: `Σdx = 0${each}`,
      holds: Math.abs(shift.value) <= 1e-9 * scale,
      residual: Math.abs(shift.value),
      value: shift.value,
      says: constants
        ? 'μ is a constant here: shifting x does change L'
        : 'shifting x cannot change L: a bias in front of this norm gets no gradient',
    });
  }
  result.push({
    law: epsInside ? `Σdx·x̂ = ε·Σĝ·x̂/σ³${each}` : `Σdx·x̂ = ε·Σĝ·x̂/σ²${each}`,
    holds: Math.abs(along.value - along.law) <= 1e-9 * scale,
    residual: Math.abs(along.value - along.law),
    value: along.value,
    says: constants
      ? 'σ is a constant here: scaling x does change L'
      : 'but for ε, scaling x cannot change L: nor can scaling the weights before it',
  });
  return result;
}

/** What holds for a norm of any kind, found with the Jacobian. */
function generalInvariants(
  { entry, x, options }: Subject,
  dx: readonly number[],
  jacobian: readonly (readonly number[])[],
): Invariant[] {
  const ways = groupings(x.shape, options.groups ?? 1, entry.kind === 'weight');
  const what = entry.kind === 'weight' ? 'weights' : 'x';
  const law = (name: string, direction: ArrayLike<number>, verb: string): Invariant => {
    const over = swallowedOver(jacobian, direction, ways);
    const value = dx.reduce((sum, d, i) => sum + d * direction[i], 0);
    return over === null
      ? {
          law: `${name} = 0`,
          holds: false,
          residual: Math.abs(value),
          value,
          says: `${verb} ${what} changes L`,
        }
      : {
          law: `${name} = 0 over each ${over}`,
          holds: true,
          residual: Math.abs(value),
          value: null,
          says: `${verb} ${what} there cannot change L, but for ε`,
        };
  };
  return [law('Σdx', new Float64Array(x.size).fill(1), 'shifting'), law('Σdx·x', x.data, 'scaling')];
}

/** The largest error of dx where a backward pass leaves out a path, or takes gamma out of the means. */
function forgetting(paths: Standardization, gamma: ArrayLike<number> | undefined): Explanation['forgetting'] {
  const { direct, viaMean, viaVariance, xHat, g, sets } = paths;
  const size = (error: (i: number) => number) => Math.max(...direct.map((_, i) => Math.abs(error(i))));
  const result: Explanation['forgetting'] = [];
  if (viaMean) result.push({ what: 'the mean path', error: size((i) => viaMean[i]) });
  if (viaVariance) {
    const name = paths.centred ? 'the variance path' : 'the path through r';
    result.push({ what: name, error: size((i) => viaVariance[i]) });
  }
  if (viaMean && viaVariance) {
    result.push({
      what: 'both (statistics as constants)',
      error: size((i) => viaMean[i] + viaVariance[i]),
    });
  }
  const features = gamma?.length ?? 0;
  const varies = sets.some(({ members }) =>
    members.some((i) => gamma?.[i % features] !== gamma?.[members[0] % features]),
  );
  if (gamma && varies && (viaMean || viaVariance)) {
    const wrong = new Array<number>(direct.length).fill(0);
    for (const { members, sigma } of sets) {
      const mean = (of: (i: number) => number) => members.reduce((sum, i) => sum + of(i), 0) / members.length;
      const dy = (i: number) => g[i] / gamma[i % features];
      const [level, slope] = [mean(dy), mean((i) => dy(i) * xHat[i])];
      for (const i of members) {
        const centre = viaMean ? level : 0;
        const scale = viaVariance ? xHat[i] * slope : 0;
        wrong[i] = (gamma[i % features] * (dy(i) - centre - scale)) / sigma;
      }
    }
    const right = sumOfPaths(paths);
    result.push({ what: 'γ pulled out of the means', error: size((i) => wrong[i] - right[i]) });
  }
  return result;
}

function surprises({ x, entry }: Subject, paths: Standardization | null): string[] {
  const notes: string[] = [];
  if (paths && !paths.constants) {
    if (paths.m === 1) notes.push('one value per set: x̂ = 0 whatever x is, and no gradient gets through.');
    if (paths.m === 2 && paths.centred) {
      notes.push('two values per set: x̂ = ±1 whatever x is, and dx is of the size of ε: the set learns nothing.');
    }
    if (paths.sets.some(({ variance }) => variance === 0) && paths.m > 1) {
      notes.push('a constant set: x̂ = 0, σ = √ε, and what is left of g is divided by it.');
    }
  }
  if (entry.dependsOnBatch === 'training' && x.shape[0] === 1) {
    notes.push('the batch has one sample here.');
  }
  return notes;
}

function tries(entry: NormEntry, request: Request, paths: Standardization | null): string[] {
  const { name } = entry;
  const list: string[] = [];
  if (paths && !request.detach && !paths.constants) {
    list.push(`normgrad explain ${name} --detach ${paths.centred ? 'mean' : 'variance'}`);
  }
  if (name === 'batch' && !paths?.constants) list.push('normgrad explain batch --mode eval');
  if (name === 'batch') list.push('normgrad explain batch --x "1;3"');
  if (entry.kind === 'activation' && !request.shape) {
    list.push(`normgrad explain ${name} --shape 2,2,2,${name === 'group' ? 4 : 2}`);
  }
  if (paths) list.push(`normgrad quiz ${name}`);
  list.push(`normgrad gradcheck ${name}`);
  return list.slice(0, 4);
}

