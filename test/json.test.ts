import { describe, expect, it } from 'vitest';
import { fromJson, toJson } from '../src/json.ts';

describe('JSON', () => {
  it.each([
    ['no number', { a: [Number.NaN, { b: Number.POSITIVE_INFINITY }], c: Number.NEGATIVE_INFINITY }],
    ['text that is like one', { note: 'no NaN here', more: 'Infinity and beyond' }],
    ['plain values', [1, -0.5, null, true, 'x', []]],
  ])('keeps %s', (_, value) => {
    expect(fromJson(toJson(value))).toEqual(value);
    expect(fromJson(toJson(value, 2))).toEqual(value);
  });

  it.each([[1.5], [Number.NaN], [null], [false], ['x'], [[Number.NaN]]])('%s alone', (value) => {
    expect(fromJson(toJson(value))).toEqual(value);
  });
});
