/// <reference path="./seedrandom.d.ts" />
// Only the generator that is used: seedrandom's whole asks for Node's crypto, and every page would carry six more.
import alea from 'seedrandom/lib/alea.js';
import { shown } from './errors.ts';
import { checkCount } from './options.ts';

/**
 * Seeded randomness: seedrandom's alea generator, whose state can be saved and restored, so that a resumed run draws
 * the same numbers as an uninterrupted one. Nothing in this project uses Math.random.
 */
export interface Random {
  /** Uniform in [0, 1), 32 random bits. */
  uniform(): number;
  /** Standard normal (mean 0, variance 1), by the polar method of Marsaglia (1964). */
  normal(): number;
  /** An integer in [0, n). */
  integer(n: number): number;
  /** 0 .. n-1 in random order (Fisher and Yates). */
  permutation(n: number): Uint32Array;
  /** An independent generator, named: the same name of the same seed always gives the same stream. */
  fork(name: string | number): Random;
  /** Everything needed to go on later with the same numbers: plain JSON. */
  state(): RandomState;
}

export interface RandomState {
  seed: string;
  alea: { c: number; s0: number; s1: number; s2: number };
  /** The second normal of a pair, drawn but not yet handed out. */
  spare: number | null;
}

/** A generator for `seed`; with a `state` from `random.state()`, one that continues from there. */
export function createRandom(seed: number | string, state?: RandomState): Random {
  if (typeof seed !== 'string' && !Number.isFinite(seed)) {
    throw new Error(
      `createRandom: a seed is a number or a string, got ${shown(seed)}. The same seed gives the same numbers.`,
    );
  }
  const name = String(seed);
  const draw = alea(name, { state: state?.alea ?? true });
  let spare = state?.spare ?? null;

  const random: Random = {
    uniform: () => draw(),
    normal() {
      if (spare !== null) {
        const value = spare;
        spare = null;
        return value;
      }
      for (;;) {
        const u = 2 * draw() - 1;
        const v = 2 * draw() - 1;
        const s = u * u + v * v;
        if (s === 0 || s >= 1) continue;
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        spare = v * scale;
        return u * scale;
      }
    },
    integer(n) {
      checkCount('random.integer', 'n', n, 1, Number.MAX_SAFE_INTEGER);
      return Math.floor(draw() * n);
    },
    permutation(n) {
      checkCount('random.permutation', 'n', n, 0);
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = random.integer(i + 1);
        const swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
      }
      return order;
    },
    fork: (child) => createRandom(`${name}/${child}`),
    state: () => ({ seed: name, alea: draw.state(), spare }),
  };
  return random;
}

let shared: Random | null = null;

/**
 * The generator of everything that is drawn without one: `randn([2, 2])`, `new Linear(2, 3)`, `new Dropout(0.5)`. It begins
 * with seed 0, so a program that draws in the same order gives the same numbers in every run. Where two parts of a program
 * must not move each other's numbers, give each a generator of its own, `createRandom(seed)`.
 */
export function defaultRandom(): Random {
  shared ??= createRandom(0);
  return shared;
}

/** Starts the default generator anew, as `torch.manual_seed` does; with a `state`, it goes on from there. */
export function manualSeed(seed: number | string, state?: RandomState): void {
  shared = createRandom(seed, state);
}

/** Sets the default generator back, when that is over, to where it was before. */
export async function drawingApart<T>(run: () => Promise<T>): Promise<T> {
  const before = defaultRandom().state();
  try {
    return await run();
  } finally {
    manualSeed(before.seed, before);
  }
}

export function isRandom(value: unknown): value is Random {
  const { uniform, normal } = (value ?? {}) as Partial<Random>;
  return typeof uniform === 'function' && typeof normal === 'function';
}

/** Throws unless `value` is a generator. */
export function requireRandom(where: string, value: unknown): asserts value is Random {
  if (isRandom(value)) return;
  throw new Error(`${where}: random must be a generator, such as createRandom(1), got ${shown(value)}.`);
}
