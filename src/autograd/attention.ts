import { kernels } from '../kernels/active.ts';
import type { NDArray } from '../kernels/contract.ts';
import { checkFlag, checkOptions } from '../options.ts';
import { array } from './create.ts';
import { dropout } from './dropout.ts';
import { record, requireOneDType } from './graph.ts';
import { requireTensor } from './inputs.ts';
import { batchOf, matmul, repeated } from './matmul.ts';
import type { Tensor } from './tensor.ts';

/** Which keys a query may look at; what is given broadcasts to [..., L, S]. */
export interface AttentionOptions {
  /** Query i sees the keys 0 to i only. */
  causal?: boolean;
  /** 1 where a query may look at a key, 0 where not (PyTorch's boolean mask of scaled_dot_product_attention). */
  allowed?: Tensor | null;
  /** Added to the scores before the softmax; -Infinity hides a key. May have a gradient. */
  mask?: Tensor | null;
}

export interface AttentionDropout {
  /** Of the attention weights; default: 0. */
  dropout?: number;
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762, eq. 1): every query takes a mean of the values, weighted
 * by how well their keys match it.   query [..., L, D], key [..., S, D], value [..., S, E] -> [..., L, E]; leading axes (samples,
 * heads) broadcast. Throws where a query may look at no key at all: there is no mean of nothing (PyTorch gives NaN).
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions & AttentionDropout = {},
): Tensor {
  requireOneDType('scaledDotProductAttention', query, key, value);
  checkOptions('scaledDotProductAttention', options, ['causal', 'allowed', 'mask', 'dropout']);
  const { dropout: rate = 0, ...which } = options;
  if (value.rank < 2 || value.shape.at(-2) !== key.shape.at(-2)) {
    throw new Error(
      `scaledDotProductAttention: there is one value for every key; got keys [${key.shape.join(', ')}] and values ` +
        `[${value.shape.join(', ')}].`,
    );
  }
  return matmul(dropout(attentionWeights(query, key, which), rate), value);
}

/**
 * The weights of attention, which sum to 1 over the keys: P = softmax(S), S = query key^T / sqrt(D) + mask.   query [..., L, D],
 * key [..., S, D] -> [..., L, S].
 * dS = P (dP - sum over the keys of dP P), dquery = dS key / sqrt(D), dkey = dS^T query / sqrt(D), dmask = dS.
 */
export function attentionWeights(query: Tensor, key: Tensor, options: AttentionOptions = {}): Tensor {
  const name = 'attentionWeights';
  requireOneDType(name, query, key);
  checkOptions(name, options, ['causal', 'allowed', 'mask']);
  const { causal = false, allowed = null, mask = null } = options;
  checkFlag(name, 'causal', causal);
  if (mask !== null) requireOneDType(`${name}: mask`, query, mask);
  if (query.rank < 2 || key.rank < 2 || query.shape.at(-1) !== key.shape.at(-1)) {
    throw new Error(
      `${name}: expected queries [..., L, D] and keys [..., S, D], got [${query.shape.join(', ')}] and [${key.shape.join(', ')}].`,
    );
  }
  const batch = batchOf(query.shape, key.shape, name);
  const k = kernels(query);
  const scale = 1 / Math.sqrt(query.shape[query.rank - 1]);
  const scaled = k.unary('affine', repeated(query, batch), scale, 0);
  const keys = repeated(key, batch);
  let scores = k.matmul(scaled, keys, { transposeB: true });
  for (const each of [causal ? causalMask(scores) : null, allowed && hidden(allowed, scores), mask]) {
    if (each === null) continue;
    requireFits(each, scores);
    scores = k.binary('add', scores, each);
  }
  const last = scores.shape.length - 1;
  const weights = k.softmax(scores, last, false);
  if (allowed || mask) requireSight(weights);
  return record(name, weights, [query, key, mask], [[keys, weights], [scaled, weights], [weights]], (dy) => {
    const dScores = k.softmaxBackward(dy, weights, last, false);
    return [
      () => k.unary('affine', k.matmul(dScores, keys), scale, 0),
      () => k.matmul(dScores, scaled, { transposeA: true }),
      dScores,
    ];
  });
}

/** [L, S]: minus infinity above the diagonal, 0 elsewhere. */
function causalMask({ shape, data }: NDArray): NDArray {
  const [queries, keys] = shape.slice(-2);
  const mask = new (array(data instanceof Float64Array ? 'float64' : 'float32'))(queries * keys);
  for (let i = 0; i < queries; i++) mask.fill(-Infinity, Math.min(keys, i + 1) + i * keys, (i + 1) * keys);
  return { shape: [queries, keys], data: mask };
}

/** What is to be added to the scores: minus infinity where `allowed` is 0. */
function hidden(allowed: Tensor, scores: NDArray): NDArray {
  requireTensor('attention: allowed', allowed, 'a tensor of ones and zeros');
  const data = scores.data.slice(0, allowed.size);
  allowed.data.forEach((value, i) => {
    if (value !== 0 && value !== 1) {
      throw new Error(
        `attention: allowed is 1 where a query may look at a key and 0 where not, got ${value}. Numbers to be added to the ` +
          'scores are the option mask.',
      );
    }
    data[i] = value === 1 ? 0 : -Infinity;
  });
  return { shape: allowed.shape, data };
}

function requireFits({ shape }: NDArray, scores: NDArray): void {
  const offset = scores.shape.length - shape.length;
  if (offset >= 0 && shape.every((n, i) => n === 1 || n === scores.shape[offset + i])) return;
  throw new Error(
    `attention: the mask must broadcast to [..., queries, keys], here [${scores.shape.join(', ')}]; got [${shape.join(', ')}].`,
  );
}

/** A row of which everything was hidden is 0 / 0. */
function requireSight({ shape, data }: NDArray): void {
  const at = data.findIndex(Number.isNaN);
  if (at < 0) return;
  const [queries, keys] = shape.slice(-2);
  throw new Error(
    `attention: query ${Math.floor(at / keys) % queries} may look at none of the ${keys} keys, so there is nothing to take a mean ` +
      'of (or its scores are NaN already). Let it see at least one key, such as itself.',
  );
}
