import { Tensor } from '../autograd/index.ts';
import { isPlain } from '../options.ts';
import type { Module } from './module.ts';

/**
 * A module as text, for console.log and String(model): its class, the numbers and names that it was built with, the shapes of its
 * tensors, and below it its children by name, as PyTorch prints them.
 *
 *   Sequential(
 *     (layers.0): Linear(inFeatures 4, outFeatures 8, weight [4, 8], bias [8])
 *     (layers.1): Activation(name relu)
 *   )
 */
export function describeModule(module: Module): string {
  return lines(module).join('\n');
}

function lines(module: Module): string[] {
  const own = Object.entries(module).flatMap(([name, value]) => setting(name, value));
  const head = `${module.constructor.name}(`;
  const children = module.children().flatMap(([name, child]) => {
    const [first, ...rest] = lines(child);
    return [`  (${name}): ${first}`, ...rest.map((line) => `  ${line}`)];
  });
  if (children.length === 0) return [`${head}${own.join(', ')})`];
  return [own.length > 0 ? `${head}${own.join(', ')}` : head, ...children, ')'];
}

/** What of a module's properties says something: no functions, no state of the module itself. */
function setting(name: string, value: unknown): string[] {
  if (name === 'training' || name === 'layer' || name === 'activates') return [];
  if (value instanceof Tensor) return [`${name} [${value.shape.join(', ')}]`];
  if (isPlain(value)) return Object.entries(value).flatMap(([key, each]) => setting(key, each));
  if (['number', 'string', 'boolean'].includes(typeof value)) return [`${name} ${value}`];
  if (!Array.isArray(value) || value.length === 0) return [];
  return value.every((each) => typeof each === 'number') ? [`${name} [${value.join(', ')}]`] : [];
}
