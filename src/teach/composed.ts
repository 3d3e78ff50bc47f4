import { add, div, mean, mul, sqrt, square, sub, sum, type Tensor } from '../autograd/index.ts';
import type { Standard } from '../nn/norm/core/conventions.ts';

/** What a composed norm says of each of its operations. */
export interface Label {
  /** As in the norm's file, where it has a name there: mu, v, sigma or r, xHat, y. */
  name?: string;
  /** For people. */
  label: string;
  /** Which path of dx begins here: what arrives at x from this operation has gone along it. */
  path?: 'direct' | 'mu' | 'v';
}

interface Composed extends Standard {
  /** [n, p, g, k]: a set is along p and k. */
  x: Tensor;
  gamma: Tensor | null;
  beta: Tensor | null;
  centred: boolean;
  /** Statistics that are constants: given ones (evaluation), or x's own behind which autograd does not look (detached). */
  constants: { mu?: Tensor; v?: Tensor };
  /** Told of every operation. */
  note: (y: Tensor, label: Label) => Tensor;
}

/**
 * A standardization composed of ordinary operations, so that autograd finds its backward pass: what the norm's file writes by hand.
 * With the very steps of that file, x - mu twice among them: so x goes into one operation for each path of dx.
 */
export function composedNorm({ x, gamma, beta, centred, constants, note, ...standard }: Composed): Tensor {
  const { eps, epsInside, ddof } = standard;
  const mu =
    centred &&
    (constants.mu ?? note(mean(x, [1, 3], { keepDims: true }), { name: 'mu', label: 'μ', path: 'mu' }));
  const meanSquare = () => {
    const squares = mu
      ? note(square(note(sub(x, mu), { label: 'x − μ, for v', path: 'v' })), { label: '(x − μ)²' })
      : note(square(x), { label: 'x²', path: 'v' });
    if (ddof === 0) return note(mean(squares, [1, 3], { keepDims: true }), { name: 'v', label: 'v' });
    const total = note(sum(squares, [1, 3], { keepDims: true }), { label: 'Σ(x − μ)²' });
    return note(mul(total, 1 / (x.shape[1] * x.shape[3] - ddof)), { name: 'v', label: 'v' });
  };
  const v = constants.v ?? meanSquare();
  const [sigma, sign] = centred ? ['sigma', 'σ'] : ['r', 'r'];
  const divisor = epsInside
    ? note(sqrt(note(add(v, eps), { label: 'v + ε' })), { name: sigma, label: sign })
    : note(add(note(sqrt(v), { label: '√v' }), eps), { name: sigma, label: sign });
  const numerator = mu ? note(sub(x, mu), { label: 'x − μ, for x̂', path: 'direct' }) : x;
  const xHat = note(div(numerator, divisor), { name: 'xHat', label: 'x̂', path: mu ? undefined : 'direct' });
  const scaled = gamma ? note(mul(gamma, xHat), { label: 'γ x̂' }) : xHat;
  return beta ? note(add(scaled, beta), { label: 'y' }) : scaled;
}
