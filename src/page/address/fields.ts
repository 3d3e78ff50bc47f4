import { norms } from 'virtual:norms';
import * as v from 'valibot';
import { keyOf, plain } from '../../nn/norm/core/spelling.ts';

/** One part of a panel's state: how the address says it, what it may be, and what it is at first. */
export interface Field<T> {
  initial: T;
  schema: v.GenericSchema<string, T>;
  write(value: T): string;
}

/** A panel's state, field by field. */
export type Fields<State extends object> = { readonly [Name in keyof State]: Field<State[Name]> };

const numberText = v.pipe(
  v.string(),
  v.regex(/^-?(\d+\.?\d*|\.\d+)(e-?\d+)?$/i, 'is no number'),
  v.transform(Number),
);

/** A number from `least` to `most`. */
export function numberField(initial: number, least: number, most: number): Field<number> {
  const schema = v.pipe(
    numberText,
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(most, `must be at most ${most}`),
  );
  return { initial, schema, write: String };
}

/** A whole number from `least` to `most`. */
export function wholeField(initial: number, least: number, most: number): Field<number> {
  const { schema } = numberField(initial, least, most);
  return { initial, schema: v.pipe(schema, v.integer('must be a whole number')), write: String };
}

/** `fewest` to `most` numbers between -limit and limit, with commas between them. */
export function numbersField(
  initial: readonly number[],
  fewest: number,
  most: number,
  limit = 1000,
): Field<readonly number[]> {
  const { schema } = numberField(0, -limit, limit);
  return {
    initial,
    schema: v.pipe(
      v.string(),
      v.maxLength(2000, 'is too long'),
      v.transform((text) => text.split(',')),
      v.array(schema),
      v.minLength(fewest, `needs at least ${fewest} numbers`),
      v.maxLength(most, `has more than ${most} numbers`),
    ),
    write: (values) => values.join(','),
  };
}

export function choiceField<const Choice extends string>(
  initial: NoInfer<Choice>,
  choices: readonly Choice[],
): Field<Choice> {
  const schema = v.picklist(choices, `must be one of ${choices.join(', ')}`);
  return { initial, schema: v.pipe(v.string(), schema), write: (value) => value };
}

/** A norm of the registry, by any of its names; of those that `fits` lets in. `also`: words beside the norms, such as none. */
export function normField(
  initial: string,
  fits: (norm: (typeof norms)[number]) => boolean = () => true,
  also: readonly string[] = [],
): Field<string> {
  const names = [...also, ...norms.filter(fits).map(({ name }) => name)];
  const schema = v.pipe(
    v.string(),
    v.transform(normName),
    v.picklist(names, 'is no norm that this panel can show'),
  );
  return { initial, schema, write: (value) => value };
}

/** `bn`, `BatchNorm`, `nn.BatchNorm2d` are `batch`; anything else stays as it is. */
function normName(text: string): string {
  const spellings = ({ name, title, aliases }: (typeof norms)[number]) => [name, title, ...aliases];
  for (const spelled of [plain, keyOf]) {
    const found = norms.find((norm) => spellings(norm).some((each) => spelled(each) === spelled(text)));
    if (found) return found.name;
  }
  return text;
}
