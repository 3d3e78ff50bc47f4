import type { Invariant, Standardization } from './explanation.ts';
import { groupings, swallowedOver } from './jacobian.ts';
import type { Subject } from './subject.ts';

/** Laws T1 and T2 (docs/mathematics.md): the directions 1 and xHat are gone from dx. */
export function standardInvariants(
  paths: Standardization,
  { dx, dy, weight }: { dx: number[]; dy: ArrayLike<number>; weight: boolean },
): Invariant[] {
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
  const symbol = g.every((value, i) => value === dy[i]) ? 'dy' : 'g';
  const result: Invariant[] = [];
  if (centred) {
    result.push({
      law: `Σdx = 0`,
      holds: Math.abs(shift.value) <= 1e-9 * scale,
      residual: Math.abs(shift.value),
      value: shift.value,
      says: constants
        ? 'μ is a constant here: shifting x does change L'
        : weight
          ? "shifting a filter's weights cannot change L"
          : 'shifting a whole set cannot change L: a bias that all of it shares gets no gradient',
    });
  }
  result.push({
    law: `Σdx·x̂ = ε·Σ${symbol}·x̂/${centred ? 'σ' : 'r'}${epsInside ? '³' : '²'}`,
    holds: Math.abs(along.value - along.law) <= 1e-9 * scale,
    residual: Math.abs(along.value - along.law),
    value: along.value,
    says: constants
      ? 'σ is a constant here: scaling x does change L'
      : weight
        ? "scaling a filter's weights changes L only through ε"
        : 'scaling x, or the weights before it, changes L only through ε',
  });
  return result;
}

/** What holds for a norm of any kind, found with the Jacobian. */
export function generalInvariants(
  { entry, x, options }: Subject,
  dx: readonly number[],
  jacobian: readonly (readonly number[])[],
): Invariant[] {
  const ways = groupings(x.shape, options.groups ?? 1, entry.kind === 'weight');
  const what = entry.kind === 'weight' ? 'weights' : 'x';
  const law = (name: string, direction: ArrayLike<number>, verb: string): Invariant => {
    const over = swallowedOver(jacobian, direction, ways);
    const value = dx.reduce((sum, d, i) => sum + d * direction[i], 0);
    const holds = over !== null;
    const but = verb === 'scaling' ? ', but for ε' : '';
    return {
      law: `${name} = 0${holds ? ` over each ${over}` : ''}`,
      holds,
      residual: Math.abs(value),
      value: holds ? null : value,
      says: holds ? `${verb} ${what} there cannot change L${but}` : `${verb} ${what} changes L`,
    };
  };
  return [law('Σdx', new Float64Array(x.size).fill(1), 'shifting'), law('Σdx·x', x.data, 'scaling')];
}
