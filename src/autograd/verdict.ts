import { type Differences, type Estimate, STILL } from './differences.ts';

/** The worst element of one input's gradient. */
export interface GradcheckResult {
  /** The input, as named in `inputs`. */
  name: string;
  /**
   * undecided: differences cannot tell, because the gradient is too small beside the rounding of y, or because x lies on a
   * kink. That is no pass.
   */
  verdict: 'passed' | 'failed' | 'undecided';
  /** verdict === 'passed'. */
  passed: boolean;
  /** What there is to say beside the numbers: why it is undecided, or that a gradient is not finite. */
  why: string | null;
  maxAbs: number;
  /** maxAbs relative to the largest numeric gradient of the tensor: single elements may well be 0. */
  maxRel: number;
  /** Index of the element that differs most. */
  at: number[];
  analytic: number;
  numeric: number;
}

/** One input's gradient by backward(). */
export interface Gradient {
  name: string;
  shape: readonly number[];
  x: ArrayLike<number>;
  analytic: ArrayLike<number>;
}

/** What a closer look at one element found. */
interface Finding {
  verdict: GradcheckResult['verdict'];
  why?: string;
  /** Both gradients are 0 but for rounding. */
  nothing?: true;
}

/**
 * Compares a gradient with differences on the tensor's own scale, whatever that is. Where the first step of the differences
 * does not agree, others are tried before an element counts as wrong: the worst one first, for one that is wrong decides.
 */
export function judge(gradient: Gradient, found: Differences, tolerance: number): GradcheckResult {
  const { name, shape, analytic } = gradient;
  const estimates = Array.from(analytic, (_, i) => found.estimate(i, found.step));
  const findings = new Map<number, Finding>();
  const difference = (i: number) => {
    const value = Math.abs(analytic[i] - estimates[i].value);
    return Number.isNaN(value) ? Infinity : value;
  };
  const worst = (counts: (i: number) => boolean) => {
    let at = -1;
    for (let i = 0; i < analytic.length; i++) {
      if (counts(i) && (at < 0 || difference(i) > difference(at))) at = i;
    }
    return at;
  };
  const scale = () => {
    const sizes = estimates.map(({ value }) => Math.abs(value));
    return sizes.reduce((most, size) => (Number.isFinite(size) ? Math.max(most, size) : most), 0);
  };

  for (;;) {
    const largest = scale();
    // A step that is too small to move y finds 0, and would hide a gradient that is missing
    const open = (i: number) => difference(i) > tolerance * largest || estimates[i].error > enough * largest;
    const at = worst((i) => !findings.has(i) && open(i));
    if (at < 0 || (largest === 0 && difference(at) === 0 && !found.moves())) break;
    estimates[at] = found.best(at);
    findings.set(at, lookAt(gradient, at, estimates[at], found, { tolerance, scale: scale() }));
    if (findings.get(at)?.verdict === 'failed') break;
  }

  const of = (verdict: GradcheckResult['verdict']) =>
    [...findings].find(([, finding]) => finding.verdict === verdict);
  const decisive = of('failed') ?? of('undecided');
  const something = worst((i) => !findings.get(i)?.nothing);
  const at = decisive ? decisive[0] : something < 0 ? worst(() => true) : something;
  const maxAbs = difference(at);
  const verdict = decisive ? decisive[1].verdict : 'passed';
  return {
    name,
    verdict,
    passed: verdict === 'passed',
    why: decisive?.[1].why ?? null,
    maxAbs,
    maxRel: maxAbs === 0 ? 0 : maxAbs / (something < 0 ? found.usual : scale()),
    at: indexOf(at, shape),
    analytic: analytic[at],
    numeric: estimates[at].value,
  };
}

/** How well differences must know a gradient, relative to the tensor's largest, if agreement with them is to count. */
const enough = 1e-3;

/** Why the two gradients of an element differ. */
function lookAt(
  { name, shape, x, analytic }: Gradient,
  i: number,
  { value, error, moved }: Estimate,
  found: Differences,
  { tolerance, scale }: { tolerance: number; scale: number },
): Finding {
  const place = `${name}[${indexOf(i, shape).join(', ')}] = ${x[i]}`;
  const own = analytic[i];
  if (!Number.isFinite(own)) return { verdict: 'failed', why: `the backward pass gives ${own} at ${place}` };
  if (!Number.isFinite(value)) {
    const why = `fn is not finite around ${place}, so there are no differences to compare with`;
    return { verdict: 'undecided', why };
  }
  const difference = Math.abs(own - value);
  // Last digits of y, however far x moves: y does not depend on it, and the backward pass has rounding, too
  if (moved <= STILL && Math.abs(own) <= 64 * 2 ** -52 * found.usual)
    return { verdict: 'passed', nothing: true };
  const agrees = difference <= tolerance * scale + error;
  if (agrees && error <= enough * scale) return { verdict: 'passed' };
  // A wide step that finds nothing has not seen what a bend nearby may hide in the rounding of y
  const hidden = Math.abs(value) <= error && difference <= found.estimate(i, found.step).error;
  if (agrees || hidden) {
    const [gradient, known] = [value, error].map((number) => number.toExponential(1));
    const why = `too small to judge: around ${place} differences give ${gradient}, and know it to ±${known} only`;
    return { verdict: 'undecided', why };
  }
  const kink = found.kink(i);
  if (kink === null) return { verdict: 'failed' };
  const { left, right } = kink;
  const margin = 1e-3 * Math.abs(right - left);
  if (own < Math.min(left, right) - margin || own > Math.max(left, right) + margin)
    return { verdict: 'failed' };
  const [low, high] = [left, right].map((slope) => Number(slope.toPrecision(3)));
  const why = `${place} lies on a kink, with slope ${low} on its left and ${high} on its right: choose another value`;
  return { verdict: 'undecided', why };
}

/** The index of the element at `position` in row-major order. */
export function indexOf(position: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = position % shape[axis];
    position = Math.floor(position / shape[axis]);
  }
  return index;
}
