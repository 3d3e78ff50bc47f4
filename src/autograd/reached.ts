import type { Tensor } from './tensor.ts';

/**
 * Which parameters a backward() reaches, and who knows of them: so that an optimizer can tell when a layer learns nothing
 * because nobody handed it over. A module finds parameters (namedTensors), an optimizer trains some.
 */
let clock = 0;
const foundAt = new WeakMap<Tensor, number>();
const madeAt = new WeakMap<Tensor, number>();
let reached: Reached[] = [];

export interface Reached {
  parameter: Tensor;
  /** The operation whose input it is. */
  operation: string;
}

/** A parameter has been made. */
export function noteMade(parameter: Tensor): void {
  madeAt.set(parameter, clock);
}

export function wasMadeBy(parameter: Tensor, time: number): boolean {
  return (madeAt.get(parameter) ?? 0) < time;
}

/** Whoever listed a module's tensors at that time found this one, or left it out by choosing among the module's layers. */
export function couldBeFoundAt(tensor: Tensor, time: number): void {
  foundAt.set(tensor, time);
}

/** A module has found this tensor among what it holds. */
export function noteFound(tensor: Tensor): void {
  if (!foundAt.has(tensor)) foundAt.set(tensor, ++clock);
}

export function wasFound(tensor: Tensor): boolean {
  return foundAt.has(tensor);
}

/** An optimizer trains these; returns the time. */
export function noteTrained(parameters: readonly Tensor[]): number {
  for (const parameter of parameters) parameter.isTrained = true;
  return ++clock;
}

/** A backward() begins. */
export function forgetReached(): void {
  if (reached.length > 0) reached = [];
}

/** A gradient has come to a leaf. */
export function noteReached(parameter: Tensor, operation: string): void {
  if (parameter.lasting && !parameter.isTrained) reached.push({ parameter, operation });
}

/**
 * Parameters that the last backward() reached, that no optimizer trains, and that no module had found by `time`: whoever had
 * listed them, and left them out then, may have meant to.
 */
export function strangersSince(time: number): Reached[] {
  return reached.filter(
    ({ parameter }) =>
      parameter.requiresGrad && !parameter.isTrained && (foundAt.get(parameter) ?? Infinity) > time,
  );
}
