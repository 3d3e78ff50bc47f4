import { availableParallelism, cpus } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { HintedError } from '../src/errors.ts';
import { activeKernels } from '../src/kernels/active.ts';
import { vectorBits } from '../src/kernels/wasm/wide/wideVectors.node.ts';
import { groups } from './cases.ts';
import { type Effort, measure, type Result } from './measure.ts';
import { fmaPeak } from './peak.ts';
import { headOf, rowOf } from './rows.ts';
import { ourStarter, type PeerName, peerStarter, peers, type Starter } from './side.ts';
import { sweep as sweepOver, sweptModels, writeSweep } from './sweep.ts';

/**
 * `npm run bench`: how long the things take that people wait for. With `--vs PEER` every case is timed in turns with another
 * library, in the same call: timings of a shared machine drift, ratios of neighbours in time do not.
 */
const number = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is needed.');
  return value;
};

interface Options extends Effort {
  vs?: PeerName;
  only?: string;
  threads: number;
  sweep: boolean;
  json: boolean;
}

const options = new Command('bench')
  .description('train-step, norm, convolution, matrix and optimizer times')
  .addOption(new Option('--vs <peer>', 'time another library in turns').choices(peers))
  .option('--only <text>', 'cases whose name or group contains this')
  .option('--threads <n>', 'threads on both sides', number, availableParallelism())
  .option('--rounds <n>', 'turns per case', number, 5)
  .option('--seconds <s>', 'seconds per turn and side', number, 0.6)
  .option(
    '--patience <s>',
    'seconds for the first steps of the peer, and for the turns of a case',
    number,
    120,
  )
  .option('--sweep', 'instead: cost per image over batch size and width, as charts in bench/charts', false)
  .option('--json', 'one JSON object instead of tables', false)
  .parse()
  .opts<Options>();

await run(options).catch(giveUp);

async function run({ vs, only = '', threads, sweep, json, ...effort }: Options): Promise<void> {
  const sides = { ours: await ourStarter(threads), peer: vs ? await peerStarter(vs, threads) : null };
  const version = sides.peer && (await versionOf(sides.peer));
  activeKernels(); // which looks at NORMGRAD_VECTORS
  const machine =
    `${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.versions.node}, ` +
    `vectors of ${vectorBits()} bits`;
  const peak = fmaPeak();
  if (!json) {
    const parts = [machine, `${threads} threads`, ...(version ? [version] : [])].join(', ');
    console.log(`${parts}; float32 FMA peak of one core in WebAssembly ${peak.toFixed(0)} GFLOP/s`);
  }
  if (sweep) return runSweep(only, sides, effort, { machine, threads, peer: version });
  const results: Result[] = [];
  for (const [group, cases] of Object.entries(groups)) {
    const chosen = cases.filter((each) => `${group} ${each.name}`.includes(only));
    if (chosen.length > 0 && !json) console.log(headOf(group, vs ?? null));
    for (const each of chosen) {
      const result = await measure(group, each, sides, effort);
      results.push(result);
      if (!json) console.log(rowOf(result));
    }
  }
  if (json) console.log(JSON.stringify({ machine, threads, peak, peer: version, results }));
}

async function runSweep(
  only: string,
  sides: { ours: Starter; peer: Starter | null },
  effort: Effort,
  about: { machine: string; threads: number; peer: string | null },
): Promise<void> {
  for (const model of sweptModels.filter((each) => each.includes(only))) {
    console.log(headOf('training steps', about.peer && 'peer'));
    const results = await sweepOver(model, sides, effort, (result) => console.log(rowOf(result)));
    console.log(`written: ${writeSweep(model, results, about)}`);
  }
}

async function versionOf(starter: Starter): Promise<string> {
  const side = await starter();
  side.stop();
  return side.version;
}

function giveUp(error: Error): never {
  const { hint = [] } = error as Partial<HintedError>;
  console.error([`error: ${error.message}`, ...hint].join('\n  '));
  process.exit(3);
}
