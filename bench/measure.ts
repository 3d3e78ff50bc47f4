import { join } from 'node:path';
import { type Case, flops } from './cases.ts';
import type { Side, Starter } from './side.ts';
import { type Spread, spread } from './spread.ts';
import { writeStart } from './start.ts';
import { temporaryFolder } from './temporary.ts';

/** How long the rounds of a case are, and when it has had enough. */
export interface Effort {
  rounds: number;
  /** Of a turn of one side. */
  seconds: number;
  /** Seconds for the first steps of the peer, which is given up then, and for the rounds of a case, of which there is at least one. */
  patience: number;
}

/** What one side took for a case. */
export interface Measured {
  times: Spread;
  /** Seconds from the start of its process until the first run of the case was done. */
  start: number;
  /** Peak resident memory of the process, in MB. */
  memory: number | null;
}

export interface Result {
  group: string;
  case: Case;
  ours: Measured;
  gflops: number | null;
  peer: Measured | null;
  /** Why there is no peer in this row. */
  missing: string | null;
  /** The median over rounds of our median divided by the peer's; its smallest and largest. */
  ratio: { median: number; min: number; max: number } | null;
  /** Of the first training steps from the same start. */
  losses: { ours: number[]; peer: number[]; agree: boolean } | null;
}

/** A side that has made a case and run it. */
interface Begun {
  side: Side;
  start: number;
  losses: number[];
}

/** Both sides in turns, each in a process that has done nothing else. */
export async function measure(
  group: string,
  benchCase: Case,
  sides: { ours: Starter; peer: Starter | null },
  effort: Effort,
): Promise<Result> {
  const started: Side[] = [];
  try {
    const file = benchCase.kind === 'step' ? join(temporaryFolder(), 'start.safetensors') : null;
    if (benchCase.kind === 'step') writeStart(benchCase, file!);
    const beginWith = async (starter: Starter) => {
      const side = await starter();
      started.push(side);
      return begin(side, benchCase, file, effort.seconds);
    };
    const ours = await beginWith(sides.ours);
    if (typeof ours === 'string') throw new Error(`normgrad, ${benchCase.name}: ${ours}`);
    const peer =
      sides.peer && (await patiently(beginWith(sides.peer), () => started[1]?.stop(), effort.patience));
    return await inTurns({ group, case: benchCase }, ours, peer, effort);
  } finally {
    for (const side of started) side.stop();
  }
}

/** Runs before the first that is timed. */
const LEAST_WARM = 12;

/** The first runs; why there are none, where the side cannot do the case. */
async function begin(
  side: Side,
  benchCase: Case,
  file: string | null,
  seconds: number,
): Promise<Begun | string> {
  const missing = await side.make(benchCase, file);
  if (missing !== null) return missing;
  const losses = file === null ? [] : await side.losses(1);
  if (file === null) await side.run(0);
  const start = side.age();
  if (file !== null) losses.push(...(await side.losses(2)));
  // Compilers warm up, and our first steps look for numbers that were overwritten (src/autograd/unchanged.ts).
  for (let runs = losses.length; runs < LEAST_WARM; ) runs += (await side.run(seconds)).length;
  return { side, start, losses };
}

/** `begun`, or, after so many seconds, that it was given up. */
async function patiently(
  begun: Promise<Begun | string>,
  giveUp: () => void,
  seconds: number,
): Promise<Begun | string> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    giveUp();
  }, seconds * 1e3);
  try {
    return await begun;
  } catch (error) {
    if (!isLate) throw error;
    return `it was not through its first steps in ${seconds} s`;
  } finally {
    clearTimeout(timer);
  }
}

async function inTurns(
  about: Pick<Result, 'group' | 'case'>,
  ours: Begun,
  peer: Begun | string | null,
  { rounds, seconds, patience }: Effort,
): Promise<Result> {
  const rival = typeof peer === 'string' ? null : peer;
  const own: number[] = [];
  const theirs: number[] = [];
  const ratios: number[] = [];
  const end = performance.now() + patience * 1e3;
  for (let round = 0; round < rounds && (round === 0 || performance.now() < end); round++) {
    const a = await ours.side.run(seconds);
    own.push(...a);
    if (!rival) continue;
    const b = await rival.side.run(seconds);
    theirs.push(...b);
    ratios.push(spread(a).median / spread(b).median);
  }
  const work = flops(about.case);
  return {
    ...about,
    ours: measured(ours, own),
    gflops: work && work / spread(own).median / 1e6,
    peer: rival && measured(rival, theirs),
    missing: typeof peer === 'string' ? peer : null,
    ratio: rival && { median: spread(ratios).median, min: Math.min(...ratios), max: Math.max(...ratios) },
    losses: rival && compared(ours.losses, rival.losses),
  };
}

function measured({ side, start }: Begun, times: readonly number[]): Measured {
  return { times: spread(times), start, memory: side.peakMemory() };
}

/**
 * How far the losses of the three first steps may be apart: of a forward pass alone, of weights that moved once, and by a large
 * rate a second time. At 4 images to a batch the rounding of Winograd convolutions alone makes 3 % of the third.
 */
const TOLERANCES = [1e-4, 1e-3, 5e-2];

export function compared(ours: number[], peer: number[]): Result['losses'] {
  if (ours.length === 0) return null;
  const agree = ours.every((loss, i) => Math.abs(loss - peer[i]) <= TOLERANCES[i] * Math.max(loss, 0.1));
  return { ours, peer, agree };
}
