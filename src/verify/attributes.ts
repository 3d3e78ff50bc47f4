/** The attributes of a golden case or layer, read with the type that is expected; errors name the attribute. */
export class Attributes {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** A number; `fallback` where it is absent. Without a fallback it must be there. */
  number(name: string, fallback?: number): number {
    return this.#read(name, fallback, 'a number', (value) => typeof value === 'number');
  }

  flag(name: string, fallback: boolean): boolean {
    return this.#read(name, fallback, 'true or false', (value) => typeof value === 'boolean');
  }

  text(name: string, fallback?: string): string {
    return this.#read(name, fallback, 'a text', (value) => typeof value === 'string');
  }

  /** A list of numbers; one number is a list of one. */
  list(name: string, fallback?: readonly number[]): readonly number[] {
    const value = this.#values[name];
    if (typeof value === 'number') return [value];
    return this.#read(name, fallback, 'a list of numbers', isList);
  }

  /** A matrix as a list of rows. */
  rows(name: string): readonly (readonly number[])[] {
    const isRows = (value: unknown) => Array.isArray(value) && value.every(isList);
    return this.#read<readonly (readonly number[])[]>(name, undefined, 'a list of rows', isRows);
  }

  /** [height, width]; one number stands for both. */
  pair(name: string, fallback?: number | readonly [number, number]): readonly [number, number] {
    const both = (value: unknown) => (typeof value === 'number' ? ([value, value] as const) : value);
    return this.#read(
      name,
      both(fallback) as readonly [number, number] | undefined,
      'a number or a pair of numbers',
      (value) => isList(value) && value.length === 2,
      both,
    );
  }

  /** As `pair`, or 'same' or 'valid'. */
  padding(name: string): readonly [number, number] | 'same' | 'valid' {
    const value = this.#values[name];
    return value === 'same' || value === 'valid' ? value : this.pair(name, 0);
  }

  has(name: string): boolean {
    return this.#values[name] != null;
  }

  #read<T>(
    name: string,
    fallback: T | undefined,
    expected: string,
    fits: (value: unknown) => boolean,
    prepare: (value: unknown) => unknown = (value) => value,
  ): T {
    const value = prepare(this.#values[name]) ?? fallback;
    if (value !== undefined && fits(value)) return value as T;
    throw new Error(`attribute "${name}": expected ${expected}, got ${JSON.stringify(value)}`);
  }
}

function isList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}
