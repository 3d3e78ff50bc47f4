/** What may be wrong with a claim in a user's file, whatever its types say. */
import { shown } from '../errors.ts';
import { armsOf, type Claim, singlesOf } from './claim.ts';
import type { Point } from './point.ts';

const forms = ['level', 'difference', 'ratio', 'each', 'all', 'any', 'check'];

/** The first thing that is wrong, with what to do; undefined where nothing is. */
export function claimError(
  claim: Claim,
  points: readonly Point[],
): [problem: string, hint: string] | undefined {
  if (typeof claim?.says !== 'string') return ['lacks says', 'says: the claim as a sentence'];
  const wrong = formError(claim);
  if (wrong) return wrong;
  for (const single of singlesOf(claim)) {
    const { of, atLeast, atMost } = single;
    if (of === undefined) return ['lacks of', "of: a measure, as 'testError'"];
    const bounds = [atLeast, atMost].filter((bound) => bound !== undefined);
    if (bounds.length === 0) return ['lacks its threshold', 'atLeast: or atMost: a number, or both'];
    const odd = bounds.find((bound) => !Number.isFinite(bound));
    if (odd !== undefined) return [`its threshold is ${shown(odd)}`, 'it must be a number'];
    if (bounds.length === 2 && atLeast! > atMost!)
      return [`wants ${atLeast} to ${atMost}`, 'atLeast is the smaller one'];
    if ('ratio' in single && bounds.some((bound) => bound <= 0)) {
      return ['a ratio is judged by its logarithm', 'its threshold must be above 0'];
    }
    for (const arm of armsOf(single)) {
      const isThere = points.some((point) =>
        Object.entries(arm).every(([axis, value]) => point[axis] === value),
      );
      if (!isThere)
        return [`no run of the grid has ${JSON.stringify(arm)}`, 'name axes and values as the grid does'];
    }
  }
  return undefined;
}

function formError(claim: object): [string, string] | undefined {
  const own = forms.filter((form) => form in claim);
  if (own.length !== 1) {
    return [
      own.length === 0 ? 'says nothing that can be judged' : `has both ${own.join(' and ')}`,
      `one of: ${forms.join(', ')}`,
    ];
  }
  const value: unknown = claim[own[0] as keyof typeof claim];
  if (own[0] === 'check')
    return typeof value === 'function'
      ? undefined
      : [`check is ${shown(value)}`, 'check: a function of the results'];
  if (own[0] === 'all' || own[0] === 'any') {
    if (!Array.isArray(value) || value.length === 0)
      return [`${own[0]} is ${shown(value)}`, 'it must be a list of comparisons, at least one'];
    return value.map((part) => formError(Object(part))).find(Boolean);
  }
  const isArm = (each: unknown) => typeof each === 'object' && each !== null && !Array.isArray(each);
  if (own[0] === 'level' || own[0] === 'each') {
    return isArm(value)
      ? undefined
      : [`${own[0]} is ${shown(value)}`, "it must be an arm, as { norm: 'batch' }"];
  }
  const isPair = Array.isArray(value) && value.length === 2 && value.every(isArm);
  return isPair
    ? undefined
    : [`${own[0]} is ${shown(value)}`, "it must be two arms, as [{ norm: 'batch' }, { norm: 'none' }]"];
}
