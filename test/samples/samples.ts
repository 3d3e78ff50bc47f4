/** PyTorch's own sample inputs, as samples.py wrote them: see there for what a case has. */
import { readFileSync } from 'node:fs';

export interface SampleTensor {
  shape: number[];
  dtype: string;
  data: number[];
}

/** An argument as PyTorch takes it. */
export type SampleValue = SampleTensor | number | string | boolean | null | SampleValue[];

export interface Sample {
  /** Its place among all samples of the operation. */
  number: number;
  args: SampleValue[];
  kwargs: Record<string, SampleValue>;
  output: SampleValue;
  /** dL/doutput (the first output); null where there is no gradient. */
  dOutput: SampleTensor | null;
  /** For each of args. */
  gradients: (SampleValue | null)[];
  keywordGradients: Record<string, SampleValue | null>;
}

/** `op` as in PyTorch's op_db: `nn.functional.batch_norm`; with its variant `nn.functional.pad-constant`. */
export function samplesOf(op: string): Sample[] {
  const text = readFileSync(new URL(`${op}.json`, import.meta.url), 'utf8');
  const { cases } = JSON.parse(text, (key, value) =>
    key === 'data' ? (value as (number | string | boolean)[]).map(numberOf) : value,
  );
  return cases;
}

/** samples.py writes what JSON lacks as text: nan, inf, -inf. Conditions are 1 and 0. */
function numberOf(value: number | string | boolean): number {
  if (typeof value !== 'string') return Number(value);
  return value === 'nan' ? Number.NaN : value === 'inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

/** Python's arguments by name: those of `args` behind the first are called `names`, in order. */
export function byName({ args, kwargs }: Sample, names: readonly string[]): Record<string, SampleValue> {
  return {
    ...Object.fromEntries(names.slice(0, args.length - 1).map((name, i) => [name, args[i + 1]])),
    ...kwargs,
  };
}
