import { array } from '../autograd/create.ts';
import { type DType, parameter, Tensor, zeroGrad } from '../autograd/index.ts';
import { requireTensor } from '../autograd/inputs.ts';
import { noteFound } from '../autograd/reached.ts';
import { shown } from '../errors.ts';
import { checkFlag } from '../options.ts';
import { describeModule } from './describe.ts';
import { noteModule } from './living.ts';
import { byName, type Member, membersOf } from './members.ts';

/**
 * A layer or a network: an object whose tensors are its parameters and buffers, and whose modules are its children. Both are
 * found among its properties, and in the arrays, plain objects, Maps and Sets there, however deep, in the order in which they were
 * assigned, and named after them: `stages.0.norm1.gamma`. What is found twice counts once, under its first name. Nothing can
 * be found in #private fields and in objects of classes that are no Module: an optimizer's step says so where it matters.
 */
export abstract class Module {
  /** Training or evaluation: Dropout and the batch norms differ. Set by train() and eval(). */
  training = true;

  constructor() {
    noteModule(this);
  }

  abstract forward(x: Tensor): Tensor;

  /** Everything an optimizer trains, by name: tensors made with `parameter()`, frozen ones included, or with `requiresGrad`. */
  namedParameters(): Map<string, Tensor> {
    return new Map([...this.namedTensors()].filter(([, tensor]) => isTrainable(tensor)));
  }

  parameters(): Tensor[] {
    return [...this.namedParameters().values()];
  }

  /** State that is not trained but belongs to the model: running statistics. */
  namedBuffers(): Map<string, Tensor> {
    return new Map([...this.namedTensors()].filter(([, tensor]) => !isTrainable(tensor)));
  }

  /** Parameters and buffers by name. */
  namedTensors(): Map<string, Tensor> {
    const names = new Map<Tensor, string>();
    for (const [path, module] of this.namedModules()) {
      for (const { name, value } of ownTensors(module)) {
        if (!names.has(value)) names.set(value, path ? `${path}.${name}` : name);
      }
    }
    const found = byName(names);
    for (const tensor of found.values()) noteFound(tensor);
    return found;
  }

  /** This module (named '') and all below it, parents first. */
  namedModules(): Map<string, Module> {
    const names = new Map<Module, string>();
    const visit = (module: Module, path: string) => {
      if (names.has(module)) return;
      names.set(module, path);
      for (const [name, child] of module.children()) visit(child, path ? `${path}.${name}` : name);
    };
    visit(this, '');
    return byName(names);
  }

  /** Direct children: modules among the properties, and in arrays, objects, Maps and Sets there. */
  children(): [string, Module][] {
    return membersOf(this, isModule).map(({ name, value }) => [name, value]);
  }

  train(training = true): this {
    checkFlag('train', 'training', training);
    for (const module of this.namedModules().values()) module.training = training;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  zeroGrad(): void {
    for (const tensor of this.namedTensors().values()) zeroGrad(tensor);
  }

  /** Converts parameters and buffers, in place: float64 for checking. Make the optimizer afterwards. */
  to(dtype: DType): this {
    const converted = new Map<Tensor, Tensor>();
    for (const tensor of this.namedTensors().values()) {
      if (tensor.dtype !== dtype) converted.set(tensor, inDType(tensor, dtype));
    }
    for (const module of this.namedModules().values()) {
      for (const { value, replace } of ownTensors(module)) {
        const copy = converted.get(value);
        if (copy) replace(copy);
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

  /** Makes a buffer of that name, if it is one whose size only a state or a first input tells. */
  protected adopt(_name: string, _value: Tensor): void {}

  #adoptBelow(name: string, value: Tensor): void {
    for (const [path, module] of this.namedModules()) {
      const prefix = path ? `${path}.` : '';
      if (name.startsWith(prefix)) module.adopt(name.slice(prefix.length), value);
    }
  }

  /** Overwrites parameters and buffers with `state`; names and shapes must match exactly. */
  loadState(state: ReadonlyMap<string, Tensor>): void {
    if (Object.prototype.toString.call(state) !== '[object Map]') {
      throw new Error(
        `loadState: a state is a Map from names to tensors, as state() returns it, got ${shown(state)}.`,
      );
    }
    let own = this.namedTensors();
    const missing = [...own.keys()].filter((name) => !state.has(name));
    if (missing.length === 0) {
      for (const [name, value] of state) if (!own.has(name)) this.#adoptBelow(name, value);
      own = this.namedTensors();
    }
    const unknown = [...state.keys()].filter((name) => !own.has(name));
    if (missing.length > 0 || unknown.length > 0) {
      throw new Error(
        `loadState: the state does not fit this model; missing [${missing.join(', ')}], unknown [${unknown.join(', ')}]. ` +
          'Build the model with the settings that the state was saved with.',
      );
    }
    for (const [name, tensor] of own) {
      const value = state.get(name) as Tensor;
      requireTensor(`loadState: ${name}`, value);
      if (value.shape.join() !== tensor.shape.join()) {
        throw new Error(
          `loadState: ${name} has shape [${tensor.shape.join(', ')}], the state holds [${value.shape.join(', ')}].`,
        );
      }
    }
    for (const [name, tensor] of own) tensor.set((state.get(name) as Tensor).data);
  }
}

/** The tensors of a module itself: those of its children are theirs, and results of operations (a layer keeps its last y) the step's. */
export function ownTensors(module: Module): Member<Tensor>[] {
  return membersOf(module, isTensor).filter(({ value }) => value.node === null && !value.isGone);
}

function inDType(tensor: Tensor, dtype: DType): Tensor {
  const data = array(dtype).from(tensor.data);
  const copy = tensor.lasting ? parameter(data, tensor.shape) : new Tensor(data, tensor.shape);
  copy.requiresGrad = tensor.requiresGrad;
  copy.constraint = tensor.constraint;
  return copy;
}

const isTrainable = ({ lasting, requiresGrad }: Tensor): boolean => lasting || requiresGrad;
const isTensor = (value: object): value is Tensor => value instanceof Tensor;
const isModule = (value: object): value is Module => value instanceof Module;
