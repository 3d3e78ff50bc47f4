/**
 * A calculator for one line of a backward pass: numbers, names, + - * / **, parentheses, and mean(), sum(), sqrt(), abs()
 * over arrays that are all of the same length. It is a parser and nothing else: no JavaScript is run, and only the given
 * names exist.
 *
 *   sum    = term { (+ | -) term }
 *   term   = sign { (* | /) sign }
 *   sign   = { + | - } power
 *   power  = atom [ ** sign ]
 *   atom   = number | name | function ( sum ) | ( sum )
 */
export type Value = number | readonly number[];

export type Names = Readonly<Record<string, Value>>;

/** What is wrong with an expression, and where. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

const functions: Readonly<Record<string, (value: Value) => Value>> = {
  mean: (value) => (typeof value === 'number' ? value : total(value) / value.length),
  sum: (value) => (typeof value === 'number' ? value : total(value)),
  sqrt: (value) => each(value, Math.sqrt),
  abs: (value) => each(value, Math.abs),
};

/** Ways of writing a name or an operator: as in the explanations, or as in other languages. */
const spellings: readonly [RegExp, string][] = [
  [/x̂|x_hat|xhat/g, 'xHat'],
  [/γ/g, 'gamma'],
  [/β/g, 'beta'],
  [/σ/g, 'sigma'],
  [/μ/g, 'mu'],
  [/[εϵ]/g, 'eps'],
  [/ĝ/g, 'g'],
  [/[·×]/g, '*'],
  [/[−–]/g, '-'],
  [/\^/g, '**'],
];

const longest = 500;
const deepest = 50;

/** The value of an expression. Throws ExpressionError. */
export function evaluate(text: string, names: Names): Value {
  if (text.length > longest) throw new ExpressionError(`longer than ${longest} characters`);
  const tokens = tokenize(spellings.reduce((line, [from, to]) => line.replace(from, to), text));
  let at = 0;
  let depth = 0;
  const result = sum();
  if (at < tokens.length) fail(`"${tokens[at]}" is not expected here`);
  return result;

  function sum(): Value {
    if (++depth > deepest) throw new ExpressionError(`more than ${deepest} parentheses inside one another`);
    let value = term();
    while (tokens[at] === '+' || tokens[at] === '-') {
      const sign = tokens[at++] === '+' ? 1 : -1;
      value = both(value, term(), (a, b) => a + sign * b);
    }
    depth--;
    return value;
  }

  function term(): Value {
    let value = signed();
    while (tokens[at] === '*' || tokens[at] === '/') {
      const times = tokens[at++] === '*';
      value = both(value, signed(), (a, b) => (times ? a * b : a / b));
    }
    return value;
  }

  function signed(): Value {
    let sign = 1;
    while (tokens[at] === '+' || tokens[at] === '-') if (tokens[at++] === '-') sign = -sign;
    const value = power();
    return sign === 1 ? value : each(value, (v) => -v);
  }

  function power(): Value {
    const base = atom();
    if (tokens[at] !== '**') return base;
    at++;
    return both(base, signed(), (a, b) => a ** b);
  }

  function atom(): Value {
    const token = tokens[at++];
    if (token === undefined) throw new ExpressionError('it ends too early');
    if (token === '(') return closed(sum());
    if (/^[\d.]/.test(token)) return Number(token);
    if (!/^[A-Za-z_]/.test(token)) fail(`"${token}" is not expected here`, at - 1);
    if (tokens[at] === '(') {
      if (!Object.hasOwn(functions, token)) {
        fail(`there is no function ${token}(); there are ${Object.keys(functions).join(', ')}`, at - 1);
      }
      at++;
      return functions[token](closed(sum()));
    }
    if (!Object.hasOwn(names, token)) {
      fail(`there is no "${token}" here; there are ${Object.keys(names).join(', ')}`, at - 1);
    }
    return names[token];
  }

  function closed(value: Value): Value {
    if (tokens[at] !== ')')
      fail(tokens[at] === undefined ? 'a ")" is missing' : `"${tokens[at]}" is not expected here`);
    at++;
    return value;
  }

  function fail(what: string, position = at): never {
    const before = tokens.slice(0, position).join(' ');
    throw new ExpressionError(before === '' ? what : `${what}, after "${before}"`);
  }
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const pattern = /\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|\*\*|[-+*/()])|(\S))/gy;
  for (const [, token, unknown] of text.trim().matchAll(pattern)) {
    if (unknown !== undefined) throw new ExpressionError(`"${unknown}" is no part of an expression`);
    tokens.push(token);
  }
  return tokens;
}

function each(value: Value, f: (v: number) => number): Value {
  return typeof value === 'number' ? f(value) : value.map(f);
}

function both(a: Value, b: Value, f: (a: number, b: number) => number): Value {
  if (typeof a === 'number') return each(b, (v) => f(a, v));
  if (typeof b === 'number') return a.map((v) => f(v, b));
  return a.map((v, i) => f(v, b[i]));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
