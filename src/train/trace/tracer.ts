import type { Tensor } from '../../autograd/index.ts';
import { type Forward, withForward } from '../../nn/layers/wrapForward.ts';
import type { Module } from '../../nn/module.ts';
import { codeName } from '../code/names.ts';
import type { TrainConfig } from '../config.ts';
import type { StepWatcher, WatchedStep } from '../loop.ts';
import { most, type Spread, type Trace, type TraceStep, traceVersion } from './format.ts';
import { normOf, spreadOf } from './summary.ts';
import { TapeRecorder } from './tape.ts';

/** Numbers of all kept steps together: with more layers there are fewer steps, so that the file stays below some megabytes. */
const MOST_NUMBERS = 400_000;

interface TracedRun {
  config: TrainConfig;
  model: Module;
  /** Steps done before, and at the end. */
  done: number;
  steps: number;
}

/**
 * Watches a run, and makes its trace. It reads numbers where they stand and changes none: the run ends with the same bits as
 * without. `tapeStep`: the step whose operations are kept, counted from 1 over the whole run; default: the first that it sees.
 * `onTape` is called when that one is there.
 */
export class Tracer implements StepWatcher {
  readonly trace: Trace;
  readonly #run: TracedRun;
  readonly #tapeStep: number;
  readonly #onTape: () => void;
  readonly #modules: ReadonlyMap<string, Module>;
  readonly #paths: ReadonlyMap<Module, string>;
  readonly #parameters: ReadonlyMap<string, Tensor>;
  #every = 1;
  #isFirst = true;
  /** Of the step that is being taken: what is kept of it. */
  #activations: Map<string, Spread> | null = null;
  #tape: TapeRecorder | null = null;
  /** The modules that are computing, the innermost last. */
  readonly #running: string[] = [];

  constructor(run: TracedRun, { tapeStep = run.done + 1, onTape = () => {} } = {}) {
    const { config, model } = run;
    this.#run = run;
    this.#tapeStep = tapeStep;
    this.#onTape = onTape;
    this.#modules = model.namedModules();
    this.#paths = new Map([...this.#modules].map(([path, module]) => [module, path]));
    this.#parameters = model.namedParameters();
    const { optimizer, lr, batchSize, epochs, seed } = config;
    const [dataset, network, norm] = [config.dataset, config.model, config.norm].map(codeName);
    this.trace = {
      format: 'normgrad trace',
      version: traceVersion,
      run: { dataset, model: network, norm, optimizer, lr, batchSize, epochs, seed, settings: { ...config } },
      layers: [],
      parameters: [],
      steps: [],
      tape: null,
    };
  }

  forward<T extends { loss: Tensor }>(step: number, fn: () => T): T {
    const isTape = step === this.#tapeStep;
    if (!this.#isFirst && !isTape && !this.#isKept(step)) return fn();
    let calls = 0;
    const spreads = new Map<string, Spread>();
    const around = (module: Module, forward: Forward): Forward => {
      const path = this.#paths.get(module)!;
      return (...given) => {
        this.#running.push(path);
        const call = ++calls;
        try {
          const y = forward(...given);
          // Nothing ran inside of it: a layer
          if (calls === call) spreads.set(path, spreadOf(y));
          return y;
        } finally {
          this.#running.pop();
        }
      };
    };
    const watched = () => withForward([...this.#modules.values()], around, fn);
    this.#tape = isTape ? new TapeRecorder(() => this.#running.at(-1) ?? '') : null;
    const result = this.#tape ? this.#tape.watch(watched) : watched();
    this.#tape?.watchGradients();
    if (this.#isFirst) this.#list([...spreads.keys()]);
    this.#isFirst = false;
    this.#activations = spreads;
    return result;
  }

  done({ step, epoch, loss, accuracy, lr, tensor }: WatchedStep): void {
    const { trace } = this;
    const activations = this.#activations;
    // Where it diverges a run ends: that step is told of, too.
    if (activations === null && Number.isFinite(loss)) return;
    const gradientOf = ({ name }: Trace['parameters'][number]) => {
      const gradient = this.#parameters.get(name)!.grad;
      return gradient && normOf(gradient.data);
    };
    const kept: TraceStep = {
      ...{ step, epoch, loss, accuracy, lr },
      activations: trace.layers.map(({ path }) => activations?.get(path) ?? null),
      gradients: trace.parameters.map(gradientOf),
    };
    if (activations === null || this.#isKept(step) || !Number.isFinite(loss)) trace.steps.push(kept);
    this.#activations = null;
    if (this.#tape) {
      trace.tape = this.#tape.tape(step, tensor, this.#parameters);
      this.#tape = null;
      this.#onTape();
    }
  }

  #isKept(step: number): boolean {
    const { done, steps } = this.#run;
    return (step - done - 1) % this.#every === 0 || step === steps;
  }

  /** What the first step shows of the network. */
  #list(ran: readonly string[]): void {
    const { trace } = this;
    const { done, steps } = this.#run;
    trace.layers = ran.slice(0, most.layers).map((path) => {
      return { path, type: this.#modules.get(path)!.constructor.name };
    });
    const layerOf = new Map(trace.layers.map(({ path }, i) => [path, i]));
    trace.parameters = [...this.#parameters].slice(0, most.layers).map(([name, { shape }]) => {
      const layer = layerOf.get(name.slice(0, Math.max(0, name.lastIndexOf('.')))) ?? null;
      return { name, layer, shape: [...shape] };
    });
    const perStep = trace.layers.length * (most.bins + 7) + trace.parameters.length;
    const kept = Math.max(2, Math.min(most.steps, Math.floor(MOST_NUMBERS / perStep)));
    this.#every = Math.max(1, Math.ceil((steps - done) / kept));
  }
}
