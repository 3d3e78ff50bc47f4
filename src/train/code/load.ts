import { CodeError, shown } from '../../errors.ts';
import { type ModelEntry, registerModel } from '../../nn/models/registry.ts';
import { registerNorm } from '../../nn/norm/createNorm.ts';
import type { NormEntry } from '../../nn/norm/registry.ts';
import { shownPath } from './files.ts';
import { exportOf, importCode } from './import.ts';
import { type CodeKind, isCode } from './names.ts';

/** What is to stand behind `export default`, and what becomes of it; it throws where it is something else. */
interface Kind {
  must: string;
  accept: (value: unknown, path: string) => void;
}

/** What takes the norms and models of users out again. */
const removes: (() => void)[] = [];

/** Takes out all that files have registered: tests share a process, and most of them go over all norms that there are. */
export function forgetCode(): void {
  for (const remove of removes.splice(0)) remove();
}

const isFunction = (value: unknown) => typeof value === 'function';

const kinds: Readonly<Record<CodeKind, Kind>> = {
  norm: {
    must: "defineNorm({ name, build }), with defineNorm from 'normgrad'",
    accept(value, path) {
      const norm = value as NormEntry;
      removes.push(registerNorm(norm));
      norm.source ||= shownPath(path);
    },
  },
  model: {
    must: "defineModel({ name, build }), with defineModel from 'normgrad'",
    accept: (value) => void removes.push(registerModel(value as ModelEntry)),
  },
  dataset: {
    must: 'a dataset, { train, test }, or a function that returns one',
    accept: requireThat((value) => isFunction(value) || (typeof value === 'object' && value !== null)),
  },
  loss: { must: 'a function, (logits, labels) => a tensor of one number', accept: requireThat(isFunction) },
  probe: {
    must: 'a function, ({ model, batch, … }) => { name: number, … }',
    accept: requireThat(isFunction),
  },
};

/** Imports the file of a user at an absolute path, and registers the norm or model in it. Throws a CodeError. */
export async function loadCode(kind: CodeKind, path: string): Promise<void> {
  const { must, accept } = kinds[kind];
  const value = await importCode(path, must);
  try {
    accept(value, path);
  } catch (error) {
    const problem = (error as Error).message.replace(/^register\w+: /, '');
    throw new CodeError(`${shownPath(path)}: its default export is no ${kind}: ${problem}`, [
      `it must say: export default ${must}`,
    ]);
  }
}

/** The name under which a norm or model is registered: that in the file, where a value is one. */
export function registeredName(value: string): string {
  return isCode(value) ? (exportOf(value) as { name: string }).name : value;
}

function requireThat(holds: (value: unknown) => boolean): Kind['accept'] {
  return (value) => {
    if (!holds(value)) throw new Error(`got ${shown(value)}`);
  };
}
