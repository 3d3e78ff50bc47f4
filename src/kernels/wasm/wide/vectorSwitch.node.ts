import { spawnSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';

/** Of the engine, for all modules of the process that are compiled from then on. */
export interface VectorSwitch {
  /** Joins two operations on 128 bits to one on 256. */
  joinPairs(on: boolean): void;
  /** Compiles functions as well as it can, which joins pairs, at their second call and not after many. */
  compileSoon(on: boolean): void;
}

/** V8's optimization that makes one AVX2 operation of two SSE ones. It is there in Node 22, too, but finds nothing. */
const FLAG = 'experimental-wasm-revectorize';
const LEAST_NODE = 24;
/** V8's default of how much a function does before it is compiled again, better. */
const USUAL_BUDGET = 13_000_000;

/**
 * The flag is experimental, so a Node to come may not know it any more, and says so nowhere; and it needs a processor with
 * AVX2. So another process is asked, with the flag, to compile `probe` and to tell what it joined.
 */
export function vectorSwitch(
  probe: Uint8Array,
  node = process.versions.node,
  flag = FLAG,
): VectorSwitch | string {
  if (Number.parseInt(node, 10) < LEAST_NODE)
    return `Node ${node} cannot join vectors, ${LEAST_NODE} and newer can`;
  const program = `const bytes = Buffer.from('${Buffer.from(probe).toString('base64')}', 'base64');
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory, thread: 0 } });
    exports.run(0);`;
  const flags = [`--${flag}`, '--trace-wasm-revectorize', '--no-liftoff'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: 10_000,
  });
  if (status !== 0)
    return `Node ${node} does not run with --${flag} (${stderr?.trim().split('\n', 1)[0] || 'no answer'})`;
  if (!/[1-9]\d* revectorizable nodes/.test(stdout))
    return `Node ${node} joins no vectors on this processor (has it AVX2?)`;
  return {
    joinPairs: (on) => setFlagsFromString(on ? `--${flag}` : `--no-${flag}`),
    compileSoon(on) {
      setFlagsFromString(`--wasm-tiering-budget=${on ? 1 : USUAL_BUDGET}`);
      setFlagsFromString(on ? '--wasm-sync-tier-up' : '--no-wasm-sync-tier-up');
    },
  };
}
