import { shown } from '../errors.ts';
import { activeKernels } from '../kernels/active.ts';
import type { Numbers } from '../kernels/contract.ts';
import { claimFresh, hasFresh } from '../kernels/ownership.ts';
import { isPlain } from '../options.ts';
import { Tensor } from './tensor.ts';
import { lookAnew } from './unchanged.ts';
import { noneUnused } from './unused.ts';

/**
 * How long results live, in one place:
 *   on the graph               until the forward pass after the next `backward()` begins
 *   inside noGrad(() => ...)   until the block ends; what the block returns survives
 *   everything else            as long as it is referenced: its numbers are moved to ordinary JavaScript memory
 * So a plain training loop runs in constant memory without dispose, tidy or reference counts in user code.
 */
interface Lifetime {
  tensors: Tensor[];
  /** Pooled blocks: those of the tensors, and statistics that only a backward rule refers to. */
  blocks: Numbers[];
}

const step: Lifetime = { tensors: [], blocks: [] };
/** The running step has been through backward(): the next result on the graph begins a new one. */
let stepSpent = false;
/** The open noGrad blocks, innermost last. */
const open: Lifetime[] = [];

const afterStep =
  'this result belongs to an earlier training step, and its memory has been reused. Read it, and call its backward(), ' +
  'before the next forward pass, keep a copy with .clone() or the number with .item(), or call ' +
  'backward({ retainGraph: true }) if the step goes on.';
const afterBlock =
  'this result belongs to a noGrad block that has ended. Return it from the block, or keep a copy with .clone().';

/** Is the graph being recorded? Not inside noGrad, nor inside backward rules. */
export function gradEnabled(): boolean {
  return open.length === 0;
}

/** Gives a fresh result on the graph to the running step, beginning a new step if the last one is spent. */
export function ownByStep(y: Tensor): void {
  if (stepSpent) {
    stepSpent = false;
    end(step, afterStep);
    lookAnew();
    noneUnused();
  }
  step.tensors.push(y);
  while (hasFresh()) step.blocks.push(claimFresh());
}

/** The results of the running step, oldest first: a result stands after everything that it was computed from. */
export function resultsOfStep(): readonly Tensor[] {
  return step.tensors;
}

/** Gives a fresh result off the graph to the innermost noGrad block, or else to the garbage collector. */
export function ownOffGraph(y: Tensor): void {
  if (open.length > 0) {
    const block = open[open.length - 1];
    block.tensors.push(y);
    while (hasFresh()) block.blocks.push(claimFresh());
    return;
  }
  if (!hasFresh()) return;
  if (activeKernels().owns(y.data)) y.moveTo(y.data.slice());
  while (hasFresh()) giveBack(claimFresh());
}

/** backward() has run: the step's results stay readable until the next forward pass. */
export function spendStep(): void {
  stepSpent = true;
}

/**
 * Runs `fn` without recording a graph. What `fn` computes is given back when it ends, save the tensors that it returns
 * (alone, or in arrays and plain objects).
 */
export function noGrad<T>(fn: () => T): T {
  if (typeof fn !== 'function')
    throw new Error(`noGrad: takes a function, noGrad(() => ...), got ${shown(fn)}.`);
  return inBlock(fn, (result, block) => {
    while (hasFresh()) block.blocks.push(claimFresh());
    if (result instanceof Promise) {
      throw new Error(
        'noGrad(fn): fn must not be async, since its block ends when it returns. Await outside of noGrad.',
      );
    }
    const outer = open.at(-1);
    for (const survivor of tensorsIn(result)) {
      const at = block.tensors.indexOf(survivor);
      if (at < 0) continue;
      block.tensors.splice(at, 1);
      if (outer) {
        outer.tensors.push(survivor);
        const blockAt = block.blocks.indexOf(survivor.data);
        if (blockAt >= 0) outer.blocks.push(...block.blocks.splice(blockAt, 1));
      } else if (activeKernels().owns(survivor.data)) {
        survivor.moveTo(survivor.data.slice());
      }
    }
  });
}

/**
 * Runs one backward rule: no graph is recorded, and everything that the rule allocated is given back, save the blocks
 * that `keep` picks: the caller gives these back.
 */
export function scratch<T>(fn: () => T, keep: (result: T, block: Numbers) => boolean): T {
  return inBlock(fn, (result, block) => {
    while (hasFresh()) {
      const each = claimFresh();
      if (!keep(result, each)) giveBack(each);
    }
    if (block.blocks.length > 0) block.blocks = block.blocks.filter((each) => !keep(result, each));
  });
}

/** Opens a block around `fn`, lets `settle` take out what survives, and gives back the rest, also when something throws. */
function inBlock<T>(fn: () => T, settle: (result: T, block: Lifetime) => void): T {
  while (hasFresh()) giveBack(claimFresh()); // left by an operation that threw
  const block: Lifetime = { tensors: [], blocks: [] };
  open.push(block);
  let popped = false;
  try {
    const result = fn();
    open.pop();
    popped = true;
    settle(result, block);
    return result;
  } finally {
    if (!popped) open.pop();
    end(block, afterBlock);
  }
}

function end(lifetime: Lifetime, why: string): void {
  for (const tensor of lifetime.tensors) tensor.reclaim(why);
  for (const block of lifetime.blocks) giveBack(block);
  lifetime.tensors = [];
  lifetime.blocks = [];
}
function giveBack(block: Numbers): void {
  const kernels = activeKernels();
  if (kernels.owns(block)) kernels.release(block);
}

function* tensorsIn(value: unknown): Generator<Tensor> {
  if (value instanceof Tensor) yield value;
  else if (Array.isArray(value)) for (const item of value) yield* tensorsIn(item);
  else if (isPlain(value)) {
    for (const item of Object.values(value)) yield* tensorsIn(item);
  }
}
