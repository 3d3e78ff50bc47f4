import type { Tensor } from '../../autograd/index.ts';
import { watching } from '../../autograd/watch.ts';
import { most, type Summary, type Tape, type TapeOperation } from './format.ts';
import { summaryOf } from './summary.ts';

/** An operation as the engine told of it. Its numbers are looked at at once: those of a noGrad block end with it. */
interface Noted {
  name: string;
  module: string;
  y: Tensor;
  inputs: readonly Tensor[];
  data: Summary;
  gradient: Summary | null;
}

/**
 * The tape of one step: every operation between the images and the loss, and dL/dy of each as backward() has gathered it when
 * its turn comes. `module` tells which layer is computing.
 */
export class TapeRecorder {
  readonly #noted = new Map<Tensor, Noted>();
  readonly #module: () => string;

  constructor(module: () => string) {
    this.#module = module;
  }

  watch<T>(fn: () => T): T {
    return watching((name, y, inputs) => {
      const present = inputs.filter((x) => x !== null);
      this.#noted.set(y, {
        ...{ name, module: this.#module(), y, inputs: present },
        ...{ data: summaryOf(y), gradient: null },
      });
    }, fn);
  }

  /** Before backward(): from now on each rule shows what it is given. The rules themselves stay as they are. */
  watchGradients(): void {
    for (const noted of this.#noted.values()) {
      const { node } = noted.y;
      const rule = node?.backward;
      if (!node || !rule) continue;
      node.backward = (dy, needs) => {
        noted.gradient = summaryOf(dy);
        return rule(dy, needs);
      };
    }
  }

  /** After backward(). */
  tape(step: number, loss: Tensor, parameters: ReadonlyMap<string, Tensor>): Tape {
    const all = this.#behind(loss);
    const kept = all.slice(0, most.operations);
    const trained = [...parameters.values()].slice(0, most.layers);
    const indexOf = new Map(kept.map(({ y }, i) => [y, i]));
    const placeOf = new Map(trained.map((parameter, i) => [parameter, i]));
    const inputOf = (x: Tensor): TapeOperation['inputs'][number] => {
      const [index, parameter] = [indexOf.get(x), placeOf.get(x)];
      if (index !== undefined) return { from: 'operation', index };
      if (parameter !== undefined) return { from: 'parameter', index: parameter };
      return { from: 'outside', shape: [...x.shape] };
    };
    return {
      step,
      operations: kept.map(({ name, module, y, inputs, data, gradient }) => ({
        ...{ name: name.slice(0, most.name), module, inputs: inputs.slice(0, most.inputs).map(inputOf) },
        ...{ shape: [...y.shape], data, gradient },
      })),
      leftOut: all.length - kept.length,
      parameters: trained.map((parameter) => ({
        data: summaryOf(parameter),
        gradient: parameter.grad && summaryOf(parameter.grad),
      })),
    };
  }

  /** What the loss was computed from, in the order of its computation. */
  #behind(loss: Tensor): Noted[] {
    const found = new Set<Tensor>([loss]);
    const newestFirst = [...this.#noted.values()].reverse().filter(({ y, inputs }) => {
      if (!found.has(y)) return false;
      for (const x of inputs) found.add(x);
      return true;
    });
    return newestFirst.reverse();
  }
}
