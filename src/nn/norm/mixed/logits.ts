import { constant, inPrecisionOf, special, type Values } from '../core/calculus.ts';

/** The weights of I, L and B. Largest logit first, so that infinite logits choose alone instead of giving NaN. */
export function softmax(logits: Values): readonly [Values, Values, Values] {
  const top = Math.max(...logits.data);
  const [a, b, c] = Array.from(logits.data, (logit) => (logit === top ? 1 : Math.exp(logit - top)));
  const weight = (of: number) => constant(logits, of / (a + b + c));
  return [weight(a), weight(b), weight(c)];
}

/** dlogit_k = w_k ( dw_k - sum_j w_j dw_j ), with dw_I = 0. */
export function ofLogits(weights: readonly Values[], dL: Values, dB: Values): Values {
  const dw = [0, dL.data[0], dB.data[0]];
  const w = weights.map(({ data }) => data[0]);
  const average = dw.reduce((sum, each, k) => sum + w[k] * each, 0);
  const dlogits = dw.map((each, k) => w[k] * (each - average));
  return special('ofLogits', [dL, dB], { shape: [3], data: inPrecisionOf(dL, dlogits) });
}
