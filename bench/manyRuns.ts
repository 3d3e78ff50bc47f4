import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { toJson } from '../src/json.ts';
import { createRandom } from '../src/random.ts';
import { runName } from '../src/runs/name.ts';
import { resolveConfig } from '../src/train/config.ts';

/**
 * How long `sweep status`, `compare`, `plot` and `report` take of many runs, and the memory of their process: made-up runs
 * of 20 epochs, 100 seeds to a group. `npm run build && npm run bench:runs -- --runs 1000,10000,100000`.
 */
const { runs: sizes, program } = new Command()
  .option('--runs <n,…>', 'how many runs', (text) => text.split(',').map(Number), [1_000, 10_000])
  .option('--program <file>', 'the compiled command line', join(import.meta.dirname, '../bin/normgrad.mjs'))
  .parse()
  .opts<{ runs: number[]; program: string }>();

const EPOCHS = 20;
const SEEDS = 100;
const norms = ['none', 'batch', 'layer', 'group', 'instance'];

function makeRuns(folder: string, count: number): void {
  const random = createRandom('many');
  const planned = Array.from({ length: count }, (_, i) => {
    const group = Math.floor(i / SEEDS);
    const lr = Number((0.001 * (1 + Math.floor(group / norms.length))).toFixed(6));
    const config = resolveConfig({
      dataset: 'synthetic',
      norm: norms[group % norms.length],
      lr,
      seed: (i % SEEDS) + 1,
      epochs: EPOCHS,
    });
    return { id: runName(config), labels: { norm: config.norm, lr, seed: config.seed }, config };
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'sweep.json'), toJson({ name: 'many', normgrad: '0.1.0', runs: planned }, 2));
  for (const { id, config } of planned) {
    const path = join(folder, id);
    mkdirSync(path);
    const score = () => ({ loss: random.uniform(), accuracy: 0.9 + 0.1 * random.uniform() });
    const epochs = Array.from({ length: EPOCHS }, (_, epoch) => ({
      t: 'epoch',
      step: 10 * (epoch + 1),
      epoch: epoch + 1,
      train: score(),
      test: score(),
      lr: config.lr,
      seconds: 1 + random.uniform(),
    }));
    const { train, test } = epochs[EPOCHS - 1];
    const digest = Array.from({ length: 16 }, () => random.integer(16).toString(16)).join('');
    const result = {
      status: 'done',
      test,
      train,
      best: { ...test, epoch: EPOCHS },
      diverged: null,
      epochs: EPOCHS,
      steps: 10 * EPOCHS,
      digest,
      parameters: 118282,
      seconds: 20,
    };
    const at = '2026-11-26T08:00:00.000Z';
    const run = {
      status: 'done',
      command: 'normgrad sweep grid.json',
      started: at,
      ended: at,
      error: null,
      resumed: [],
      attempt: digest,
      deaths: 0,
      pid: 4711,
      host: 'node1',
      node: '20.20.2',
      platform: 'linux x64',
      normgrad: '0.1.0',
      git: null,
      data: '6a1d4d5c5c8f3c1e',
    };
    writeFileSync(join(path, 'config.json'), `${toJson(config, 2)}\n`);
    writeFileSync(join(path, 'run.json'), `${toJson(run, 2)}\n`);
    writeFileSync(join(path, 'result.json'), `${toJson(result, 2)}\n`);
    writeFileSync(join(path, 'metrics.jsonl'), epochs.map((line) => `${toJson(line)}\n`).join(''));
  }
}

/** Seconds by the clock and of the processor, and the peak of memory. */
function measure(args: string[]) {
  const tell = `process.on('exit', () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    process.stderr.write('\\n#' + JSON.stringify({ mib: maxRSS / 1024, cpu: (userCPUTime + systemCPUTime) / 1e6 })); })`;
  const hook = `data:text/javascript,${encodeURIComponent(tell)}`;
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--import', hook, program, '-q', ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`normgrad ${args.join(' ')} ended with ${status}: ${stderr}`);
  const told = JSON.parse(stderr.slice(stderr.lastIndexOf('#') + 1)) as { mib: number; cpu: number };
  return { seconds: (performance.now() - begun) / 1000, ...told };
}

console.log(`${'runs'.padStart(8)}  ${'command'.padEnd(14)}     s   CPU s   MiB   CPU ms/run`);
for (const count of sizes) {
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-many-'));
  try {
    const runs = join(folder, 'runs');
    makeRuns(runs, count);
    const commands: Record<string, string[]> = {
      'sweep status': ['sweep', 'status', runs],
      compare: ['compare', runs],
      plot: ['plot', runs, '--out', join(folder, 'plot.svg')],
      report: ['report', runs, '--out', join(folder, 'report.html')],
    };
    for (const [name, args] of Object.entries(commands)) {
      const { seconds, cpu, mib } = measure(args);
      console.log(
        `${String(count).padStart(8)}  ${name.padEnd(14)}${seconds.toFixed(1).padStart(6)}${cpu.toFixed(1).padStart(8)}` +
          `${mib.toFixed(0).padStart(6)}${((1000 * cpu) / count).toFixed(2).padStart(13)}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
