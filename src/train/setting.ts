import * as v from 'valibot';
import { isOwnData } from '../data/files/own.node.ts';
import { shown, unknownName } from '../errors.ts';
import { type Choice, type ChoiceName, choices, type ModelChoices } from '../nn/models/choices.ts';
import { resolveNorm } from '../nn/norm/createNorm.ts';
import type { NormOptions } from '../nn/norm/registry.ts';
import { type CodeKind, isCode, isPath, notCode } from './code/names.ts';

/** One setting of a run: a field of its configuration and a flag of `train`. */
export interface Setting<Input = unknown, Output = unknown> extends Extras {
  /** @internal With the default; null means that there is none, or that it is derived (config.ts). */
  schema: v.GenericSchema<Input, Output>;
  /** How it is written on the command line. */
  reads: 'name' | 'names' | 'number' | 'numbers' | 'switch';
  /** What stands behind the flag: `<n>`. */
  value: string;
  help: string;
}

interface Extras<Value = never> {
  /** The flag, where that is not the field's name. */
  flag?: string;
  /** The environment variable that may have the value. */
  env?: string;
  /** What stands before the value in a run's name, which has it unless it is the default. */
  inName?: string;
  /** The run's name has the default, too. */
  alwaysInName?: true;
  /** Not in the configurations of earlier versions: a run with the default is the run that it was there. */
  addedLater?: true;
  /** The value as options of the norm. */
  ofNorm?: (value: Value) => NormOptions;
  /** A value may be a file of the user's (code/), which exports such a thing. */
  code?: CodeKind;
}

/** @internal A setting that always has a value. */
export function usual<Input, Output>(
  schema: v.GenericSchema<Input, Output>,
  byDefault: Input,
  value: string,
  help: string,
  extras: Extras<Output> = {},
): Setting<Input | undefined, Output> {
  const whole = v.optional(schema, byDefault as never) as v.GenericSchema<Input | undefined, Output>;
  return { schema: whole, reads: readsOf(schema), value, help, ...extras };
}

/** @internal A setting that need not have one: null. */
export function maybe<Input, Output>(
  schema: v.GenericSchema<Input, Output>,
  value: string,
  help: string,
  extras: Extras<Output> = {},
): Setting<Input | null | undefined, Output | null> {
  return { ...usual(v.nullable(schema), null, value, help), reads: readsOf(schema), ...extras };
}

/** @internal A setting that is one of `names`, which the help lists. */
export function named<const Name extends string>(
  what: string,
  names: readonly Name[],
  byDefault: Name,
  value: string,
  { help = '', ...extras }: Extras<Name> & { help?: string } = {},
): Setting<Name | undefined, Name> {
  return usual(oneOf(what, names), byDefault, value, `${help} ${names.join(', ')}`.trim(), extras);
}

/** @internal The choices of models: null for the model's own. */
export function ofModels() {
  const rows = Object.entries(choices).map(([name, choice]: [string, Choice<unknown>]) => {
    const { must, holds, reads, what, names, help, addedLater } = choice;
    const schema = names ? oneOf(what!, names as string[]) : v.custom(holds, `must ${must}`);
    const value = { name: '<name>', number: '<n>', numbers: '<n,…>', switch: '' }[reads];
    return [name, { ...maybe(schema, value, help, { addedLater }), reads }];
  });
  return Object.fromEntries(rows) as {
    [Name in ChoiceName]: Setting<ModelChoices[Name] | null, NonNullable<ModelChoices[Name]> | null>;
  };
}

/** @internal */
export function oneOf<Name extends string>(what: string, names: readonly Name[]) {
  return v.picklist(names, ({ input }) => {
    if (typeof input !== 'string') return `must be the name of a ${what}, got ${shown(input)}`;
    return isPath(input) ? `${shown(input)} is no ${what}: ${notCode}` : unknownName(what, input, names);
  });
}

/** @internal What the schema says, or a file of code. */
export function orCode<Input, Output>(
  schema: v.GenericSchema<Input, Output>,
): v.GenericSchema<Input | (string & {}), Output | (string & {})> {
  return v.lazy((input) => (isCode(input) ? v.string() : schema)) as never;
}

/** @internal What the schema says, or a file or folder of data. */
export function orData<Input, Output>(
  schema: v.GenericSchema<Input, Output>,
): v.GenericSchema<Input | (string & {}), Output | (string & {})> {
  return v.lazy((input) => (typeof input === 'string' && isOwnData(input) ? v.string() : schema)) as never;
}

/** @internal One of `names`, or what else a user may call it. */
export function normName(what: string, names: readonly string[]): v.GenericSchema<string> {
  const own = v.transform((given: unknown) => resolveNorm(String(given)) ?? given);
  return v.pipe(v.unknown(), own, oneOf(what, names)) as v.GenericSchema<string>;
}

function readsOf({ type }: v.GenericSchema): Setting['reads'] {
  const others = { number: 'number', tuple: 'numbers', array: 'names', boolean: 'switch' } as const;
  return others[type as keyof typeof others] ?? 'name';
}
