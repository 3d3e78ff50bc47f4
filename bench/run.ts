import { availableParallelism, cpus } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import type { HintedError } from '../src/errors.ts';
import { activeKernels } from '../src/kernels/active.ts';
import { vectorBits } from '../src/kernels/wasm/wide/wideVectors.node.ts';
import { type Case, flops, groups } from './cases.ts';
import { makeOurs } from './ours.ts';
import { fmaPeak } from './peak.ts';
import { type Spread, spread, time } from './timing.ts';
import { startTorch, type Torch } from './torch.ts';

/**
 * `npm run bench`: how long the things take that people wait for. With `--vs torch` every case is timed in turns with
 * PyTorch, in the same call: timings of a shared machine drift, ratios of neighbours in time do not.
 */
interface Result {
  group: string;
  case: Case;
  ours: Spread;
  gflops: number | null;
  torch: Spread | null;
  /** The median over rounds of our median divided by PyTorch's; its smallest and largest. */
  ratio: { median: number; min: number; max: number } | null;
}

const number = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is needed.');
  return value;
};

const options = new Command('bench')
  .description('train-step, norm, convolution, matrix and optimizer times')
  .option('--vs <peer>', 'time PyTorch in turns: torch')
  .option('--only <text>', 'cases whose name or group contains this')
  .option('--threads <n>', 'threads on both sides', number, availableParallelism())
  .option('--rounds <n>', 'turns per case', number, 5)
  .option('--seconds <s>', 'seconds per turn and side', number, 0.6)
  .option('--json', 'one JSON object instead of tables', false)
  .parse()
  .opts<{ vs?: string; only?: string; threads: number; rounds: number; seconds: number; json: boolean }>();

process.env.NORMGRAD_THREADS = String(options.threads);
if (options.vs !== undefined && options.vs !== 'torch') {
  console.error(`error: --vs ${options.vs}: the only peer is torch`);
  process.exit(2);
}

const torch = options.vs ? await startTorch(options.threads).catch(giveUp) : null;
activeKernels(); // which looks at NORMGRAD_VECTORS
const machine =
  `${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.versions.node}, ` +
  `vectors of ${vectorBits()} bits`;
const peak = fmaPeak();
const header =
  `${machine}, ${options.threads} threads${torch ? `, PyTorch ${torch.version}` : ''}; float32 FMA peak of one core in ` +
  `WebAssembly ${peak.toFixed(0)} GFLOP/s`;
if (!options.json) console.log(header);

const results: Result[] = [];
for (const [group, cases] of Object.entries(groups)) {
  const chosen = cases.filter((each) => `${group} ${each.name}`.includes(options.only ?? ''));
  if (chosen.length === 0) continue;
  if (!options.json) printHead(group);
  for (const each of chosen) {
    const result = await measure(group, each, torch);
    results.push(result);
    if (!options.json) printRow(result);
  }
}
torch?.stop();
if (options.json)
  console.log(
    JSON.stringify({ machine, threads: options.threads, peak, torch: torch?.version ?? null, results }),
  );

async function measure(group: string, benchCase: Case, peer: Torch | null): Promise<Result> {
  const run = makeOurs(benchCase);
  await peer?.make(benchCase);
  time(run, options.seconds); // compilers warm up
  await peer?.run(options.seconds);
  const ours: number[] = [];
  const theirs: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const a = time(run, options.seconds);
    ours.push(...a);
    if (!peer) continue;
    const b = await peer.run(options.seconds);
    theirs.push(...b);
    ratios.push(spread(a).median / spread(b).median);
  }
  const work = flops(benchCase);
  const ratio = spread(ratios);
  return {
    group,
    case: benchCase,
    ours: spread(ours),
    gflops: work && work / spread(ours).median / 1e6,
    torch: peer && spread(theirs),
    ratio: peer && { median: ratio.median, min: ratio.min, max: Math.max(...ratios) },
  };
}

function printHead(group: string): void {
  const peer = torch ? '    torch      min   ratio (range)' : '';
  console.log(`\n${group}\n${''.padEnd(34)}ms median      min  quartiles${peer}`);
}

function printRow({ case: { name }, ours, gflops, torch: theirs, ratio }: Result): void {
  const ms = (value: number) => value.toPrecision(3).padStart(8);
  const quartiles = `${ours.low.toPrecision(3)}-${ours.high.toPrecision(3)}`.padStart(11);
  const peer =
    theirs && ratio
      ? ` ${ms(theirs.median)} ${ms(theirs.min)}    ${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)})`
      : '';
  const rate = gflops ? `  ${gflops.toFixed(0)} GFLOP/s` : '';
  console.log(`${name.padEnd(34)} ${ms(ours.median)} ${ms(ours.min)}${quartiles}${peer}${rate}`);
}

function giveUp(error: Error): never {
  const { hint = [] } = error as Partial<HintedError>;
  console.error([`error: ${error.message}`, ...hint].join('\n  '));
  process.exit(3);
}
