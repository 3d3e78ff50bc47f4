import { array } from '../autograd/create.ts';
import { sameDType } from '../autograd/graph.ts';
import { type Tensor, zeroGrad } from '../autograd/index.ts';
import { noteTrained } from '../autograd/reached.ts';
import { noteWrite } from '../autograd/unchanged.ts';
import { shown } from '../errors.ts';
import { kernels } from '../kernels/active.ts';
import type { Numbers } from '../kernels/contract.ts';
import { checkFlag, checkNumber, requireFields } from '../options.ts';
import { requireGradients, requireKnown } from './missing.ts';

/** Parameters with options that differ from the optimizer's own. */
export interface ParameterGroup {
  parameters: readonly Tensor[];
  weightDecay?: number;
  /** Multiplies the optimizer's lr; default: 1. */
  lrScale?: number;
}

export type ParametersOrGroups = readonly Tensor[] | readonly ParameterGroup[];

/** Plain numbers and arrays (copies), for checkpoints. Parameters are counted through all groups, in their order. */
export interface OptimizerState {
  lr: number;
  /** How many steps each parameter has taken. */
  steps: number[];
  /** What the optimizer remembers of each parameter: `velocity.3` belongs to parameter 3. */
  arrays: Record<string, Numbers>;
}

export interface Optimizer {
  /** May be set between steps: that is what a schedule does. */
  lr: number;
  readonly groups: readonly ParameterGroup[];
  /**
   * Updates every parameter that has a gradient and is not frozen (requiresGrad). Throws where none of those that are not frozen
   * has one, and where backward() has reached parameters of the model that this optimizer cannot know: those of layers that were
   * made after it, or that no module holds.
   */
  step(): void;
  zeroGrad(): void;
  state(): OptimizerState;
  /** Throws where the state belongs to another optimizer or to other parameters. */
  loadState(state: OptimizerState): void;
}

/** A parameter, and what the optimizer remembers of its gradients. */
export interface Slot {
  parameter: Tensor;
  /** Steps taken so far. Each parameter counts its own, as in PyTorch: a frozen one starts when it thaws. */
  steps: number;
  /** By name; empty before the first step. */
  arrays: Record<string, Numbers>;
}

/** The values of one update, for parameters that have all taken `steps` steps before. */
export interface Update {
  lr: number;
  weightDecay: number;
  steps: number;
}

/** What all optimizers share: groups, which parameters take part in a step, and saving. Subclasses update. */
export abstract class BaseOptimizer implements Optimizer {
  lr: number;
  readonly groups: readonly ParameterGroup[];
  /** -1 to climb: see step(). */
  readonly #sign: 1 | -1;
  readonly #slots: readonly (readonly Slot[])[];
  readonly #parameters: readonly Tensor[];
  readonly #madeAt: number;

  constructor(
    readonly name: string,
    parametersOrGroups: ParametersOrGroups,
    options: { lr: number; weightDecay: number; maximize?: boolean },
    /** The arrays that the optimizer keeps for each parameter; they start as zeros. */
    readonly remembers: readonly string[],
  ) {
    checkNumber(name, 'lr', options.lr, 0);
    checkNumber(name, 'weightDecay', options.weightDecay, 0);
    checkFlag(name, 'maximize', options.maximize);
    this.lr = options.lr;
    this.#sign = options.maximize ? -1 : 1;
    this.groups = asGroups(name, parametersOrGroups).map((group) => ({
      ...group,
      weightDecay: group.weightDecay ?? options.weightDecay,
    }));
    for (const { weightDecay, lrScale = 1 } of this.groups) {
      checkNumber(name, "a group's weightDecay", weightDecay, 0);
      checkNumber(name, "a group's lrScale", lrScale, 0);
    }
    this.#slots = this.groups.map((group) =>
      group.parameters.map((parameter) => ({ parameter, steps: 0, arrays: {} })),
    );
    this.#parameters = this.groups.flatMap((group) => group.parameters);
    this.#madeAt = noteTrained(this.#parameters);
  }

  /** Updates the parameters of `slots`, each of which has a gradient. */
  protected abstract update(slots: readonly Slot[], update: Update): void;

  /**
   * To climb is to descend along -g, whose g + weightDecay w is -(g - weightDecay w). Every update is odd in that: it takes the same
   * step with lr and weightDecay of the other sign, and what it remembers of gradients has their own sign (PyTorch's the other).
   */
  step(): void {
    checkNumber(this.name, 'lr', this.lr, 0);
    requireKnown(this.name, this.#parameters, this.#madeAt);
    requireGradients(this.name, this.#parameters);
    for (let i = 0; i < this.groups.length; i++) {
      const { weightDecay = 0, lrScale = 1 } = this.groups[i];
      let left = this.#slots[i].filter(isMoving);
      while (left.length > 0) {
        const { steps } = left[0];
        const together = left.filter((slot) => slot.steps === steps);
        left = left.filter((slot) => slot.steps !== steps);
        if (steps === 0) for (const slot of together) this.#remember(slot);
        this.update(together, {
          lr: this.#sign * this.lr * lrScale,
          weightDecay: this.#sign * weightDecay,
          steps,
        });
        for (const slot of together) {
          slot.steps++;
          constrain(slot.parameter);
          noteWrite(slot.parameter.data);
        }
      }
    }
  }

  zeroGrad(): void {
    for (const slots of this.#slots) for (const { parameter } of slots) zeroGrad(parameter);
  }

  state(): OptimizerState {
    const slots = this.#slots.flat();
    const arrays = slots.flatMap((slot, i) =>
      Object.entries(slot.arrays).map(([name, data]) => [`${name}.${i}`, data.slice()] as const),
    );
    return { lr: this.lr, steps: slots.map((slot) => slot.steps), arrays: Object.fromEntries(arrays) };
  }

  loadState(state: OptimizerState): void {
    requireFields(`${this.name}: loadState`, state, 'what state() returned', ['lr', 'steps', 'arrays']);
    const slots = this.#slots.flat();
    const expected = new Map(
      slots.flatMap(({ parameter }, i) =>
        state.steps[i] > 0 ? this.remembers.map((name) => [`${name}.${i}`, parameter.size] as const) : [],
      ),
    );
    const fits =
      state.steps.length === slots.length &&
      Object.keys(state.arrays).length === expected.size &&
      [...expected].every(([name, size]) => state.arrays[name]?.length === size);
    if (!fits) {
      throw new Error(
        `${this.name}: the state is of ${state.steps.length} parameters and arrays [${Object.keys(state.arrays).join(', ')}], ` +
          `this optimizer has ${slots.length} parameters and needs [${[...expected.keys()].join(', ')}] in their sizes. ` +
          'Build the model and the optimizer with the settings that the state was saved with.',
      );
    }
    this.lr = state.lr;
    slots.forEach((slot, i) => {
      slot.steps = state.steps[i];
      if (slot.steps > 0) this.#remember(slot);
      for (const name of Object.keys(slot.arrays)) slot.arrays[name].set(state.arrays[`${name}.${i}`]);
    });
  }

  #remember(slot: Slot): void {
    const { parameter } = slot;
    for (const name of this.remembers) {
      slot.arrays[name] = kernels(parameter).lasting(new (array(parameter.dtype))(parameter.size));
    }
  }
}

const isMoving = ({ parameter }: Slot): boolean => parameter.requiresGrad && parameter.grad !== null;

/** The projection of constrained parameters (`Tensor.constraint`), after the step and not in the forward pass. */
function constrain({ constraint, data }: Tensor): void {
  if (constraint === null) return;
  for (let i = 0; i < data.length; i++)
    data[i] = Math.min(Math.max(data[i], constraint.low), constraint.high);
}

function asGroups(name: string, given: ParametersOrGroups): readonly ParameterGroup[] {
  const isGroups = (list: ParametersOrGroups): list is readonly ParameterGroup[] =>
    list.length > 0 && 'parameters' in list[0];
  if (!Array.isArray(given as unknown) || !given.every((each) => typeof each === 'object' && each !== null)) {
    throw new Error(`${name}: takes a list of parameters, model.parameters(), got ${shown(given)}.`);
  }
  const groups = isGroups(given) ? given : [{ parameters: given as readonly Tensor[] }];
  const all = groups.flatMap((group) => group.parameters);
  if (all.length === 0) {
    throw new Error(
      `${name}: there are no parameters to train. Pass model.parameters(). If that is an empty list, the model keeps its layers ` +
        'where they cannot be found (#private fields, objects that are no Module), or its tensors were made without ' +
        'requiresGrad: make them with parameter(values, shape).',
    );
  }
  sameDType(name, all[0], ...all);
  if (new Set(all).size < all.length) {
    throw new Error(`${name}: a parameter is given twice; each may be in one group only.`);
  }
  if (all.some((parameter) => parameter.node !== null)) {
    throw new Error(`${name}: a parameter is the result of an operation. Only leaves can be trained.`);
  }
  return groups;
}
