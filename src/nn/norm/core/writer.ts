import type { NDArray } from '../../../kernels/contract.ts';

/** How a value was made: by which step, from what. */
export interface Expression {
  op: string;
  args: readonly (NDArray | number | null)[];
  /** Of a sum or mean that is not over the index set. */
  axes?: string;
  ddof?: number;
}

/** How tightly a printed term holds together: sums least, products more, quotients, then names and calls. */
const [SUM, PRODUCT, QUOTIENT, ATOM] = [1, 2, 3, 4];

interface Term {
  text: string;
  strength: number;
}

/** Prints values of the calculus as formulas, `(x - mu) / sigma`: those that have a name by it, the others by how they were made. */
export class Writer {
  readonly #names = new Map<NDArray, string>();

  constructor(
    readonly made: WeakMap<NDArray, Expression>,
    /** Numbers by name. One that could be a factor of the formula itself, 1 or 2, stays a number. */
    readonly numbers: Readonly<Record<string, number>> = {},
  ) {}

  name(name: string, value: NDArray): void {
    if (!this.#names.has(value)) this.#names.set(value, name);
  }

  write(value: NDArray): string {
    return this.#term(value).text;
  }

  #term(value: NDArray | number | null): Term {
    if (value === null) return { text: '1', strength: ATOM };
    if (typeof value === 'number') {
      const named = Object.entries(this.numbers).find(
        ([, number]) => number === value && number !== 1 && number !== 2,
      );
      return { text: named?.[0] ?? numberText(value), strength: value < 0 ? SUM : ATOM };
    }
    const name = this.#names.get(value);
    if (name !== undefined) return { text: name, strength: ATOM };
    const expression = this.made.get(value);
    return expression ? this.#made(expression) : { text: '...', strength: ATOM };
  }

  #made({ op, args, axes, ddof }: Expression): Term {
    const present = args.filter((arg) => arg !== null);
    const at = (i: number, least: number) => {
      const { text, strength } = this.#term(present[i]);
      return strength < least ? `(${text})` : text;
    };
    switch (op) {
      case 'add':
        return { text: `${at(0, SUM)} + ${at(1, PRODUCT)}`.replace('+ -', '- '), strength: SUM };
      case 'sub':
        return { text: `${at(0, SUM)} - ${at(1, PRODUCT)}`, strength: SUM };
      case 'neg':
        return { text: `-${at(0, PRODUCT)}`, strength: SUM };
      case 'mul':
        return { text: `${at(0, PRODUCT)} ${at(1, QUOTIENT)}`, strength: PRODUCT };
      case 'div':
        return { text: `${at(0, PRODUCT)} / ${at(1, ATOM)}`, strength: PRODUCT };
      case 'square':
        return { text: `${at(0, ATOM)}^2`, strength: QUOTIENT };
      case 'pow':
        return { text: `${at(0, ATOM)}^${at(1, ATOM)}`, strength: QUOTIENT };
      case 'abs':
        return { text: `|${at(0, SUM)}|`, strength: ATOM };
      case 'inverse':
        return { text: `1 / ${at(0, ATOM)}`, strength: PRODUCT };
      case 'greater':
        return { text: `[${at(0, SUM)} > ${at(1, SUM)}]`, strength: ATOM };
      case 'sum':
      case 'mean': {
        const over = axes === undefined || axes === 'pk' ? '' : `_${axes}`;
        const inner = at(0, SUM);
        if (ddof) return { text: `sum${over}(${inner}) / (m - ${ddof})`, strength: PRODUCT };
        return { text: `${op}${over}(${inner})`, strength: ATOM };
      }
      default:
        return { text: `${op}(${present.map((_, i) => at(i, SUM)).join(', ')})`, strength: ATOM };
    }
  }
}

/** As it is written in the source: at most four digits, or in powers of ten. */
function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
