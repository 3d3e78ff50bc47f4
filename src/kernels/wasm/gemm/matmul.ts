import type { NDArray, Shape } from '../../kernels.ts';
import { allocate } from '../memory.ts';
import { input, kernelCall, result, scratch } from '../operands.ts';
import { threadCount } from '../threads.ts';
import { type GemmKind, gemmKernel, panelWidth } from './gemmKernel.ts';
import { packKernel } from './pack.ts';
import { MAX_HEIGHT } from './tile.ts';

export interface MatmulOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  bias?: NDArray | null;
  relu?: boolean;
}

/** The longest block of k: 400 rows of a panel are 12.5 KiB, and 6 of A 9.4 KiB: they stay in a first-level cache. */
const BLOCK = 400;
/** A B of more numbers than this, with long rows, is packed: read in place, its rows would crowd into few sets of the cache. */
const LARGE = 65536;
/** A part of tiles takes about so many cycles, 3 us: small enough that two threads share even a product of 60x100 by 100x100 evenly. */
const PART_CYCLES = 8_000;

/**
 * Matrix products, batched, in every transposition. B is read where it is, or packed into panels first if it is transposed or large;
 * A is never packed (tile.ts). Rows are shared out evenly among as few tiles as possible: 32 rows are 6 + 6 + 5 + 5 + 5 + 5.
 */
export function matmul(a: NDArray, b: NDArray, options: MatmulOptions = {}): NDArray {
  const { transposeA = false, transposeB = false, bias = null, relu = false } = options;
  const rank = a.shape.length;
  const [rowsA, widthA] = [a.shape[rank - 2], a.shape[rank - 1]];
  const [rowsB, widthB] = [b.shape[b.shape.length - 2], b.shape[b.shape.length - 1]];
  const m = transposeA ? widthA : rowsA;
  const k = transposeA ? rowsA : widthA;
  const n = transposeB ? rowsB : widthB;
  if (k !== (transposeB ? widthB : rowsB) || !sameLeading(a.shape, b.shape)) {
    const mark = (transpose: boolean) => (transpose ? ' transposed' : '');
    throw new RangeError(
      `matmul of [${a.shape}]${mark(transposeA)} and [${b.shape}]${mark(transposeB)}: ` +
        'the inner lengths and the leading axes must agree',
    );
  }
  return kernelCall(() => {
    const y = result([...a.shape.slice(0, -2), m, n]);
    if (y.data.length === 0) return y;
    const matrices = y.data.length / (m * n);
    const tileRows = Math.ceil(m / MAX_HEIGHT);
    const height = Math.floor(m / tileRows);
    const taller = m % tileRows;
    const packed = transposeB || (matrices === 1 && m >= 48 && n >= 256 && k * n > LARGE);
    const kind = { transposeA, packed, widthA, columns: n, height, uneven: taller > 0 };
    const width = panelWidth(kind);
    const panels = Math.ceil(n / width);
    const tiles = matrices * tileRows * panels;
    const grain = Math.ceil(PART_CYCLES / ((k + 8) * (height * width) * 0.125));
    gemmKernel(kind).range(
      'tiles',
      tiles,
      grain,
      input(a.data),
      packed ? pack(b, kind, transposeB, matrices, k) : input(b.data),
      y.data.byteOffset,
      ...(bias === null ? [zeros(), 0] : [input(bias.data), width * 4]),
      zeros(),
      k > BLOCK ? scratch(threadCount() * MAX_HEIGHT * n).byteOffset : 0,
      relu ? 1 : 0,
      ...[k, Math.ceil(k / Math.max(1, Math.ceil(k / BLOCK))), tileRows, taller],
      ...[m * k * 4, (packed ? panels * width : n) * k * 4, m * n * 4],
    );
    return y;
  });
}

function pack(b: NDArray, kind: GemmKind, transposeB: boolean, matrices: number, k: number): number {
  const width = panelWidth(kind);
  const groups = Math.ceil(kind.columns / 4);
  const size = Math.ceil(kind.columns / width) * width * k;
  const to = scratch(matrices * size).byteOffset;
  const grain = Math.ceil(PART_CYCLES / (k * 4));
  if (!transposeB) {
    const panels = Math.ceil(kind.columns / width);
    const rowGrain = Math.ceil(PART_CYCLES / (kind.columns * 16));
    const items = Math.ceil(k / 16);
    packKernel().range('straight', items, rowGrain, input(b.data), to, k, panels, width, kind.columns);
    return to;
  }
  packKernel().range(
    'transposed',
    matrices * groups,
    grain,
    input(b.data),
    to,
    ...[k, kind.columns, width, groups, size * 4],
  );
  return to;
}

let zeroBlock: Float32Array | undefined;

/** As many zeros as the widest panel has columns. */
function zeros(): number {
  zeroBlock ??= allocate(32).fill(0);
  return zeroBlock.byteOffset;
}

function sameLeading(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length - 2; i++) if (a[i] !== b[i]) return false;
  return true;
}
