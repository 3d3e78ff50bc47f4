import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import wrapAnsi from 'wrap-ansi';
import { displayWidth, ONE_COLUMN_EACH, wrapLines, wrapWords } from '../../src/charts/text.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', '漢', '·', '-', '/'), minLength: 1, maxLength: 30 });
const words = (text: string) => text.split(/\s+/).filter(Boolean);

describe('wrapLines', () => {
  it('keeps every word whole, and lines within the width but for a word that is longer', () => {
    fc.assert(
      fc.property(fc.array(word), fc.nat(6), fc.integer({ min: 20, max: 60 }), (all, before, width) => {
        const text = ' '.repeat(before) + all.join(' ');
        const wrapped = wrapLines(text, width, 2);
        expect(words(wrapped)).toEqual(words(text));
        for (const line of wrapped.split('\n')) {
          if (words(line).length > 1) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        }
      }),
    );
  });

  it('begins further lines below their own, and keeps colours', () => {
    expect(wrapLines('  one of: none, batch, layer', 18, 2)).toBe('  one of: none,\n    batch, layer');
    expect(wrapLines('\u001b[31merror:\u001b[39m unknown norm', 14, 2)).toBe(
      '\u001b[31merror:\u001b[39m unknown\n  norm',
    );
  });
});

it('wrapWords breaks a path behind a slash and a compound behind its hyphen, and loses nothing', () => {
  expect(wrapWords('scaled-weight-standardization', 16)).toEqual(['scaled-weight-', 'standardization']);
  expect(wrapWords('/home/ada/.cache/normgrad/mnist', 20)).toEqual(['/home/ada/.cache/', 'normgrad/mnist']);
  fc.assert(
    fc.property(fc.array(word), fc.integer({ min: 2, max: 40 }), (all, width) => {
      const lines = wrapWords(all.join(' '), width);
      expect(lines.join('').replaceAll(' ', '')).toBe(all.join(''));
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }),
  );
});

describe('the short way', () => {
  const simple = Array.from({ length: 0x3000 }, (_, code) => String.fromCodePoint(code)).filter((character) =>
    ONE_COLUMN_EACH.test(character),
  );

  it('takes no character for one column wide that string-width does not, alone or between others', () => {
    expect(simple.length).toBeGreaterThan(1000);
    expect(simple.filter((character) => stringWidth(character) !== 1)).toEqual([]);
    const text = simple.join('');
    expect(stringWidth(text)).toBe(text.length);
  });

  it('makes the lines of wrap-ansi', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'σ', '→', '\u00a0', '–'), maxLength: 8 });
    const plainWord = letters.map((inner) => `a${inner}b`);
    fc.assert(
      fc.property(fc.array(plainWord, { minLength: 1 }), fc.integer({ min: 10, max: 40 }), (all, width) => {
        const text = all.join(' ');
        expect(wrapLines(text, width)).toBe(text.length <= width ? text : wrapAnsi(text, width));
      }),
    );
  });
});
