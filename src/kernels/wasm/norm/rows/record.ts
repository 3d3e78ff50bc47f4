import { type FunctionBuilder, f64, type I32 } from '../../builder/index.ts';
import type { Deviation } from '../formulas.ts';

/**
 * What is known of a set, as byte offsets: float32 mu, scale = 1 / sigma and shift, with xHat = (x - mu) scale + shift; and for
 * the backward pass float64 1 / sigma, and what rounding took off mu.
 */
export const RECORD = { mu: 0, scale: 4, shift: 8, rstd: 16, lost: 24, bytes: 32 } as const;

/** The first three: all that the forward pass needs. */
export function storeNormalization(f: FunctionBuilder, to: I32, { mu, rstd, lost }: Deviation): void {
  f.storeF32(to, mu, RECORD.mu);
  f.storeF32(to, rstd.toF32(), RECORD.scale);
  f.storeF32(to, f64(0).minus(lost).times(rstd).toF32(), RECORD.shift);
}

export function storeRecord(f: FunctionBuilder, to: I32, set: Deviation): void {
  storeNormalization(f, to, set);
  f.storeF64(to, set.rstd, RECORD.rstd);
  f.storeF64(to, set.lost, RECORD.lost);
}

export function loadRecord(f: FunctionBuilder, record: I32): Deviation {
  const [rstd, lost] = [RECORD.rstd, RECORD.lost].map((at) => f.let(f.loadF64(record, at)));
  return { mu: f.let(f.loadF32(record, RECORD.mu)), rstd, lost };
}
