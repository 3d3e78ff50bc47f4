/**
 * A size-class pool over one WebAssembly memory. Blocks that are given back keep their place and their view,
 * so that a training step, which asks for the same sizes again and again, makes nothing new.
 */

/** Blocks start at multiples of a cache line, of 64 bytes. */
const LINE_SHIFT = 6;
const LINE = 1 << LINE_SHIFT;
const PAGE = 65536;
/** The first page stays free, so that address 0 is never a valid tensor. */
const FIRST = PAGE;
/** Kernels may read (never write) up to this far past a block, also past the last one. */
const READABLE_TAIL = 64;
/** From this size on, consecutive blocks are staggered against 4 KiB aliasing (see `carve`). */
const LARGE = 16384;
/** How many views of different lengths a block remembers. */
const VIEWS = 4;

interface PoolStatistics {
  /** Bytes in blocks that are handed out (their capacity). */
  readonly inUse: number;
  /** The most that `inUse` has been. */
  readonly peak: number;
  /** Bytes of the memory that the pool has carved into blocks so far. */
  readonly reserved: number;
  /** The most bytes that the memory can have. */
  readonly limit: number;
}

export interface Pool {
  allocate(floats: number): Float32Array;
  release(view: Float32Array): void;
  owns(view: ArrayBufferView): boolean;
  statistics(): PoolStatistics;
}

interface Block {
  /** Its address. */
  readonly start: number;
  /** In cache lines. */
  readonly capacity: number;
  readonly views: Float32Array[];
  free: boolean;
  /** Of a free block: another free block of its size. A list through the blocks themselves takes the fewest looks at memory. */
  next: Block | undefined;
}

/**
 * The capacity for a number of cache lines: eight classes to a power of two, so at most 1/8 is lost, and
 * tensors of nearly equal size (a last, smaller batch) share their blocks. Counted in lines of 64 bytes, since
 * small integers are what engines are quick with.
 */
export function sizeClass(lines: number): number {
  if (lines <= 8) return Math.max(1, lines);
  const shift = 28 - Math.clz32(lines - 1);
  return shift <= 0 ? lines : ((lines + (1 << shift) - 1) >> shift) << shift;
}

/** Numbers the size classes: dense, so that an array holds what there is for each. */
function classNumber(capacity: number): number {
  if (capacity <= 8) return capacity;
  const shift = 28 - Math.clz32(capacity - 1);
  return 8 * shift + (capacity >> shift);
}

export function createPool(memory: WebAssembly.Memory, limit: number): Pool {
  /** By start, in lines. */
  const blocks = new Map<number, Block>();
  /** The free block to take next, by size class. */
  const free: (Block | undefined)[] = [];
  /** Views made before a growth keep the buffer object of that time, so several are ours. */
  const buffers = new Set<ArrayBufferLike>([memory.buffer]);
  let newest: ArrayBufferLike = memory.buffer;
  /** Stretches of memory that belong to no block, left over by `coalesce`. */
  let spans: { start: number; end: number }[] = [];
  let top = FIRST;
  let stagger = 0;
  /** In lines. */
  let inUse = 0;
  let peak = 0;

  function view(block: Block, floats: number): Float32Array {
    const { views } = block;
    for (let i = 0; i < views.length; i++) if (views[i].length === floats) return views[i];
    const { buffer } = memory;
    newest = buffer;
    buffers.add(buffer); // V8 replaces the object also when another shared memory of the process grows
    const made = new Float32Array(buffer as ArrayBuffer, block.start, floats);
    if (block.views.length === VIEWS) block.views.shift();
    block.views.push(made);
    return made;
  }

  /** The block that `view` is a whole view of. */
  function blockOf(view: ArrayBufferView): Block | undefined {
    const block = blocks.get(view.byteOffset >>> LINE_SHIFT);
    if (block === undefined) return undefined;
    const { views } = block;
    for (let i = 0; i < views.length; i++) if (views[i] === view) return block;
    return undefined;
  }

  function addBlock(start: number, capacity: number): Block {
    const block: Block = { start, capacity, views: [], free: false, next: undefined };
    blocks.set(start >>> LINE_SHIFT, block);
    return block;
  }

  function grow(end: number): boolean {
    const have = memory.buffer.byteLength;
    if (end <= have) return true;
    if (end > limit) return false;
    // Steps of a quarter: growth is rare, and untouched pages cost nothing.
    for (const wanted of [Math.max(end, have * 1.25, have + 256 * PAGE), end]) {
      const pages = Math.ceil((Math.min(wanted, limit) - have) / PAGE);
      try {
        memory.grow(pages);
        buffers.add(memory.buffer);
        return true;
      } catch {
        // The system refuses so much; try exactly what is needed, and then report.
      }
    }
    return false;
  }

  /** A new block at the top of the memory, or undefined at the limit. */
  function carve(capacity: number): Block | undefined {
    let start = top;
    const bytes = capacity * LINE;
    if (bytes >= LARGE) {
      // Blocks a multiple of 4 KiB apart fall into the same cache sets, and a load that follows a store to
      // the same offset in another page has to wait for it. Shift each block by a few cache lines.
      stagger = (stagger + 5) % 16;
      start += stagger * 3 * LINE;
    }
    if (!grow(start + bytes + READABLE_TAIL)) return undefined;
    top = start + bytes;
    return addBlock(start, capacity);
  }

  /** Joins free neighbours, so that memory cut for other sizes can be cut anew. Only at the limit. */
  function coalesce(): void {
    const loose = [...blocks.values()].filter((block) => block.free);
    for (const block of loose) blocks.delete(block.start >>> LINE_SHIFT);
    free.fill(undefined);
    const pieces = [
      ...spans,
      ...loose.map((block) => ({ start: block.start, end: block.start + block.capacity * LINE })),
    ];
    pieces.sort((a, b) => a.start - b.start);
    // Gaps left by staggering belong to no block: two pieces touch when no block lies between them.
    const used = [...blocks.values()].map((block) => block.start).sort((a, b) => a - b);
    spans = [];
    let next = 0;
    for (const piece of pieces) {
      const before = next;
      while (next < used.length && used[next] < piece.start) next++;
      const last = spans[spans.length - 1];
      if (last !== undefined && next === before) last.end = piece.end;
      else spans.push({ ...piece });
    }
    const last = spans[spans.length - 1];
    if (last !== undefined && last.end === top) {
      top = last.start;
      spans.pop();
    }
  }

  function carveSpan(capacity: number): Block | undefined {
    const index = spans.findIndex((span) => span.end - span.start >= capacity * LINE);
    if (index < 0) return undefined;
    const span = spans[index];
    const block = addBlock(span.start, capacity);
    span.start += capacity * LINE;
    if (span.start === span.end) spans.splice(index, 1);
    return block;
  }

  function newBlock(capacity: number): Block {
    const block = carveSpan(capacity) ?? carve(capacity);
    if (block !== undefined) return block;
    coalesce();
    const second = carveSpan(capacity) ?? carve(capacity);
    if (second !== undefined) return second;
    throw new Error(
      `Out of memory: a tensor of ${megabytes(capacity * LINE)} was asked for, ${megabytes(inUse * LINE)} are in use and the ` +
        `limit is ${megabytes(limit)}. Evaluate inside noGrad(() => ...), which keeps no graph, or use a ` +
        'smaller batch.',
    );
  }

  return {
    allocate(floats) {
      if (!(Number.isInteger(floats) && floats >= 0)) {
        throw new RangeError(`A block has a whole number of floats, got ${floats}.`);
      }
      const capacity = sizeClass(Math.ceil(floats / 16));
      const sameSize = classNumber(capacity);
      let block = free[sameSize];
      if (block === undefined) block = newBlock(capacity);
      else free[sameSize] = block.next;
      block.free = false;
      block.next = undefined;
      inUse += capacity;
      if (inUse > peak) peak = inUse;
      return view(block, floats);
    },

    release(released) {
      const block = blockOf(released);
      if (block === undefined) {
        throw new Error('release: this view is not a block of the pool (a part of one cannot be released).');
      }
      if (block.free) throw new Error(`release: the block at ${block.start} was released before.`);
      block.free = true;
      inUse -= block.capacity;
      const sameSize = classNumber(block.capacity);
      block.next = free[sameSize];
      free[sameSize] = block;
    },

    /** Whole views first, since to ask a view for its buffer takes longer. */
    owns(view) {
      const { buffer } = view;
      return buffer === newest || buffers.has(buffer);
    },

    statistics: () => ({ inUse: inUse * LINE, peak: peak * LINE, reserved: top - FIRST, limit }),
  };
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
