import type { Kernel } from '../runtime/kernel.ts';
import { remember } from '../runtime/remember.ts';
import { gemmKernel, panelWidth } from './gemmKernel.ts';
import { joinKernel } from './join.ts';
import { packKernel } from './pack.ts';
import { sizesBlock } from './sizes.ts';
import { MAX_HEIGHT } from './tile.ts';

interface Product {
  matrices: number;
  m: number;
  k: number;
  n: number;
  transposeA: boolean;
  transposeB: boolean;
}

/** A job of a product but for its addresses, which come before `sizes`. */
export interface Step {
  kernel: Kernel;
  name: string;
  items: number;
  grain: number;
  sizes: readonly number[];
  /** How many numbers it writes. */
  floats: number;
}

/** How a product is computed; it follows from the sizes alone. */
interface Plan {
  /** B into panels, or null: it is read where it is. */
  pack: Step | null;
  tiles: Step;
  /** The pieces of a long k into one C, or null: `tiles` writes C. */
  join: Step | null;
  /** Bytes from panel to panel of a bias. */
  biasStep: number;
}

/** The longest block of k: 512 rows of a panel are 16 KiB, and 6 of A 12 KiB: they stay in a first-level cache. */
const BLOCK = 512;
/** Numbers of B in a block of k and columns: 512 KiB, half of a second-level cache. */
const COLUMN_BLOCK = 131072;
/** A B of more numbers than this is worth a job more: into panels, or in pieces. */
const LARGE = 65536;
/** So many cycles to a part of tiles, 2 us, and to one of the small jobs around them: two threads share even small products evenly. */
const TILE_CYCLES = 8000;
const SMALL_CYCLES = 2000;

/** The plan for a product; the transpositions are 0 or 1. */
export const planFor = remember((matrices, m, k, n, transposeA, transposeB) =>
  makePlan({ matrices, m, k, n, transposeA: transposeA === 1, transposeB: transposeB === 1 }),
);

/**
 * Rows are shared out evenly among as few tiles as possible: 32 rows are 6 + 6 + 5 + 5 + 5 + 5. A is never packed (../templates/tile.ts).
 *
 * B is read where it is, or packed into panels first if it is transposed, or large with long rows: read in place, long rows
 * would crowd into few sets of the cache.
 *
 * A large B under few rows, as the first dense layer of a network has it, is cut along k into pieces, an even number, whose
 * products are then added up. Each thread so reads its own rows of B alone, which are half as many, and in training the ones
 * that it wrote: the weight's gradient is shared out by rows, and the optimizer's step too. For the same reason the columns of
 * a transposed B, which are the weight's rows, come in two blocks or more.
 */
function makePlan(product: Product): Plan {
  const { matrices, m, k, n, transposeA, transposeB } = product;
  const large = matrices === 1 && k * n > LARGE;
  const packed = transposeB || (large && m >= 48 && n >= 256);
  const inPieces = large && m <= 128 && k >= 256 && !packed && !transposeA;
  const piece = inPieces ? Math.ceil(k / (2 * Math.ceil(k / (2 * BLOCK)))) : k;
  const pieces = inPieces ? Math.ceil(k / piece) : 1;
  const block = Math.ceil(piece / Math.max(1, Math.ceil(piece / BLOCK)));

  const tileRows = Math.ceil(m / MAX_HEIGHT);
  const height = Math.floor(m / tileRows);
  const taller = m % tileRows;
  const kind = { transposeA, packed, widthA: transposeA ? m : k, columns: n, height, uneven: taller > 0 };
  const width = panelWidth(kind);
  const panels = Math.ceil(n / width);
  const columnBlocks = Math.max(transposeB ? 2 : 1, Math.ceil((block * n) / COLUMN_BLOCK));
  const { address } = sizesBlock.place({
    k: piece,
    lastK: k - (pieces - 1) * piece,
    ...{ block, tileRows, taller },
    columnBlock: Math.ceil(panels / columnBlocks),
    ...(inPieces
      ? { matrices: pieces, batchA: piece * 4, batchB: piece * n * 4 }
      : { matrices, batchA: m * k * 4, batchB: (packed ? panels * width : n) * k * 4 }),
    batchC: m * n * 4,
  });
  return {
    pack: packed ? planPack(product, width, panels) : null,
    tiles: {
      kernel: gemmKernel(kind),
      name: 'tiles',
      items: matrices * pieces * tileRows * panels,
      grain: Math.ceil(TILE_CYCLES / ((piece + 8) * (height * width) * 0.125)),
      sizes: [address],
      floats: pieces * m * n,
    },
    join: inPieces
      ? {
          kernel: joinKernel(),
          name: 'rows',
          items: m,
          grain: Math.ceil((2 * SMALL_CYCLES) / (n * (pieces + 1))),
          sizes: [n, pieces, m * n * 4],
          floats: m * n,
        }
      : null,
    biasStep: width * 4,
  };
}

function planPack({ matrices, k, n, transposeB }: Product, width: number, panels: number): Step {
  const kernel = packKernel();
  const size = panels * width * k;
  const floats = matrices * size;
  if (!transposeB) {
    const [items, grain] = [Math.ceil(k / 16), Math.ceil(SMALL_CYCLES / (n * 16))];
    return { kernel, name: 'straight', items, grain, sizes: [k, panels, width, n], floats };
  }
  const groups = Math.ceil(n / 4);
  const grain = Math.ceil(SMALL_CYCLES / (k * 4));
  const sizes = [k, n, width, groups, size * 4];
  return { kernel, name: 'transposed', items: matrices * groups, grain, sizes, floats };
}
