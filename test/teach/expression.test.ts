import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpressionError, evaluate } from '../../src/teach/expression.ts';

const names = { a: [1, 2, 3], b: [4, 5, 6], m: 3, sigma: 2, xHat: [1, 0, -1] };

describe('evaluate', () => {
  it.each<[string, number | number[]]>([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['8 / 2 / 2', 2],
    ['2 - 3 - 4', -5],
    ['-2 ** 2', -4],
    ['2 ** -1', 0.5],
    ['2 ** 3 ** 2', 512],
    ['--3', 3],
    ['1e-3 * .5', 0.0005],
    ['a', [1, 2, 3]],
    ['a * b - m', [1, 7, 15]],
    ['1 / a', [1, 1 / 2, 1 / 3]],
    ['mean(a)', 2],
    ['sum(a * b)', 32],
    ['a - mean(a)', [-1, 0, 1]],
    ['sqrt(a ** 2) / sigma', [0.5, 1, 1.5]],
    ['a − x̂·σ', [-1, 2, 5]],
  ])('%s', (text, value) => {
    expect(evaluate(text, names)).toEqual(value);
  });

  it.each<[string, string]>([
    ['', 'ends too early'],
    ['1 +', 'ends too early'],
    ['(1', '")" is missing'],
    ['1 2', '"2" is not expected here, after "1"'],
    ['a b', '"b" is not expected'],
    ['c', 'there is no "c" here; there are a, b'],
    ['max(a)', 'there is no function max(); there are mean, sum'],
    ['a.length', '"." is no part'],
    ['a[0]', '"[" is no part'],
    ['"x"', 'is no part'],
    ['* 2', '"*" is not expected'],
    [`${'('.repeat(60)}1`, 'parentheses inside'],
    ['1'.repeat(600), 'longer than'],
  ])('refuses %s', (text, message) => {
    expect(() => evaluate(text, names)).toThrow(ExpressionError);
    expect(() => evaluate(text, names)).toThrow(message);
  });

  it.each([
    'constructor',
    '__proto__',
    'toString',
    'constructor(1)',
    'hasOwnProperty(a)',
    'globalThis',
    'process',
  ])('knows nothing of %s', (text) => {
    expect(() => evaluate(text, names)).toThrow('there is no');
  });

  it('either has a value or throws an ExpressionError, whatever is typed', () => {
    const piece = fc.constantFrom(
      'a',
      'm',
      '1',
      '2.5',
      '+',
      '-',
      '*',
      '/',
      '**',
      '(',
      ')',
      'mean(',
      'sum(',
      ' ',
      'é',
      '.',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          const value = evaluate(pieces.join(''), names);
          expect(typeof value === 'number' || Array.isArray(value)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
        }
      }),
    );
  });

  it('agrees with JavaScript on arithmetic', () => {
    const leaf = fc.integer({ min: 1, max: 9 }).map(String);
    const expression = fc.letrec<{ e: string }>((tie) => ({
      e: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc
          .tuple(tie('e'), fc.constantFrom('+', '-', '*', '/'), tie('e'))
          .map((parts) => `(${parts.join(' ')})`),
        fc.tuple(leaf, fc.constantFrom('+', '-', '*', '/'), leaf).map((parts) => parts.join(' ')),
      ),
    })).e;
    fc.assert(
      fc.property(expression, (text) => {
        expect(evaluate(text, {})).toBe(new Function(`return ${text}`)());
      }),
    );
  });
});
