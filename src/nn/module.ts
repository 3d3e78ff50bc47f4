import { array } from '../autograd/create.ts';
import { type DType, parameter, Tensor, zeroGrad } from '../autograd/index.ts';
import { shown } from '../options.ts';
import { describeModule } from './describe.ts';

/**
 * A layer or a network: an object whose tensors are its parameters and buffers, and whose modules are its children. Both are
 * found among its properties (and arrays of modules), in the order in which they were assigned, and named after them:
 * `stages.0.norm1.gamma`.
 */
export abstract class Module {
  /** Training or evaluation: Dropout and the batch norms differ. Set by train() and eval(). */
  training = true;

  abstract forward(x: Tensor): Tensor;

  /** Everything an optimizer trains, by name: tensors made with `parameter()`, frozen ones included. */
  namedParameters(): Map<string, Tensor> {
    return new Map([...this.namedTensors()].filter(([, tensor]) => tensor.lasting));
  }

  parameters(): Tensor[] {
    return [...this.namedParameters().values()];
  }

  /** State that is not trained but belongs to the model: running statistics. */
  namedBuffers(): Map<string, Tensor> {
    return new Map([...this.namedTensors()].filter(([, tensor]) => !tensor.lasting));
  }

  /** Parameters and buffers by name. */
  namedTensors(): Map<string, Tensor> {
    const found = new Map<string, Tensor>();
    for (const [path, module] of this.namedModules()) {
      for (const [key, value] of Object.entries(module)) {
        if (value instanceof Tensor) found.set(path ? `${path}.${key}` : key, value);
      }
    }
    return found;
  }

  /** This module (named '') and all below it, parents first. */
  namedModules(path = ''): Map<string, Module> {
    const found = new Map<string, Module>([[path, this]]);
    for (const [name, child] of this.children()) {
      for (const [below, module] of child.namedModules(path ? `${path}.${name}` : name))
        found.set(below, module);
    }
    return found;
  }

  /** Direct children: properties that are modules, or arrays of them. */
  children(): [string, Module][] {
    return Object.entries(this).flatMap(([key, value]): [string, Module][] => {
      if (value instanceof Module) return [[key, value]];
      if (!Array.isArray(value)) return [];
      return value.flatMap((item, i): [string, Module][] =>
        item instanceof Module ? [[`${key}.${i}`, item]] : [],
      );
    });
  }

  train(training = true): this {
    for (const module of this.namedModules().values()) module.training = training;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  zeroGrad(): void {
    for (const value of Object.values(this)) {
      if (value instanceof Tensor) zeroGrad(value);
    }
    for (const [, child] of this.children()) child.zeroGrad();
  }

  /** Converts parameters and buffers, in place: float64 for checking. Make the optimizer afterwards. */
  to(dtype: DType): this {
    for (const module of this.namedModules().values()) {
      const slots = module as unknown as Record<string, unknown>;
      for (const [key, value] of Object.entries(module)) {
        if (!(value instanceof Tensor) || value.dtype === dtype) continue;
        const data = array(dtype).from(value.data);
        const converted = value.lasting ? parameter(data, value.shape) : new Tensor(data, value.shape);
        converted.requiresGrad = value.requiresGrad;
        converted.constraint = value.constraint;
        slots[key] = converted;
      }
    }
    return this;
  }

  /** Its layers as a tree, with their sizes. */
  toString(): string {
    return describeModule(this);
  }

  /** What console.log prints in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return describeModule(this);
  }

  /** A copy of every parameter and buffer. */
  state(): Map<string, Tensor> {
    return new Map([...this.namedTensors()].map(([name, tensor]) => [name, tensor.clone()]));
  }

  /** Overwrites parameters and buffers with `state`; names and shapes must match exactly. */
  loadState(state: ReadonlyMap<string, Tensor>): void {
    if (!(state instanceof Map)) {
      throw new Error(
        `loadState: a state is a Map from names to tensors, as state() returns it, got ${shown(state)}.`,
      );
    }
    const own = this.namedTensors();
    const missing = [...own.keys()].filter((name) => !state.has(name));
    const unknown = [...state.keys()].filter((name) => !own.has(name));
    if (missing.length > 0 || unknown.length > 0) {
      throw new Error(
        `loadState: the state does not fit this model; missing [${missing.join(', ')}], unknown [${unknown.join(', ')}]. ` +
          'Build the model with the settings that the state was saved with.',
      );
    }
    for (const [name, tensor] of own) {
      const value = state.get(name) as Tensor;
      if (value.shape.join() !== tensor.shape.join()) {
        throw new Error(
          `loadState: ${name} has shape [${tensor.shape.join(', ')}], the state holds [${value.shape.join(', ')}].`,
        );
      }
    }
    for (const [name, tensor] of own) tensor.data.set((state.get(name) as Tensor).data);
  }
}
