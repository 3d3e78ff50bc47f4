import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Axis, createScale, type ScaleType } from '../../src/charts/scale.ts';
import { formatNumber } from '../../src/charts/tickLabels.ts';

function labels(axis: Omit<Axis, 'label'>, values: number[], tickCount = 5, nice = false): string[] {
  return createScale({ label: '', ...axis }, values, { tickCount, nice }).ticks.map(({ label }) => label);
}

describe('ticks', () => {
  it('stand at round numbers with equally many decimals', () => {
    expect(labels({}, [0.07, 0.41], 4)).toEqual(['0.1', '0.2', '0.3', '0.4']);
    expect(labels({}, [0.07, 0.41], 5, true)).toEqual(['0.0', '0.1', '0.2', '0.3', '0.4', '0.5'].map(zero));
    expect(labels({}, [0, 938])).toEqual(['0', '200', '400', '600', '800']);
    expect(labels({}, [-3e7, 5e7], 4)).toEqual(['-2e7', '0', '2e7', '4e7']);
  });

  it('do not divide epochs', () => {
    expect(labels({}, [1, 2, 3], 10)).toEqual(['1', '2', '3']);
    expect(labels({}, [1])).toEqual(['1']);
  });

  it('stand at the powers of two, greatest first where reversed', () => {
    expect(labels({ type: 'log2', reverse: true }, [2, 4, 8, 16, 32])).toEqual(['32', '16', '8', '4', '2']);
  });

  it('stand at the powers of ten, in one notation, or at 1, 2, 5 where there are few', () => {
    expect(labels({ type: 'log10' }, [1e-4, 1])).toEqual(['1e-4', '1e-3', '1e-2', '1e-1', '1']);
    expect(labels({ type: 'log10' }, [0.01, 1])).toEqual(['0.01', '0.02', '0.05', '0.1', '0.2', '0.5', '1']);
    expect(labels({ type: 'log10' }, [0.31, 0.39])).toEqual(['0.32', '0.34', '0.36', '0.38']);
  });

  it('stand at every category, in the order of the data', () => {
    const scale = createScale({ label: '', type: 'category' }, [32, 2, 8, 32], { tickCount: 2 });
    expect(scale.ticks.map(({ label }) => label)).toEqual(['32', '2', '8']);
    expect([32, 2, 8, 5].map(scale.place)).toEqual([1 / 6, 0.5, 5 / 6, Number.NaN]);
  });
});

describe('createScale', () => {
  const types: ScaleType[] = ['linear', 'log10', 'log2', 'category'];

  it('places all drawable values between 0 and 1, and keeps ticks inside and few', () => {
    const numbers = fc.array(fc.oneof(fc.double(), fc.integer({ min: -5, max: 70 })), { maxLength: 12 });
    fc.assert(
      fc.property(
        numbers,
        fc.constantFrom(...types),
        fc.boolean(),
        fc.boolean(),
        (values, type, reverse, nice) => {
          const scale = createScale({ label: '', type, reverse }, values, { tickCount: 6, nice });
          for (const value of values) {
            const at = scale.place(value);
            const hasPlace = Math.abs(value) < 1e300 && (!type.startsWith('log') || value > 1e-300);
            if (!hasPlace) expect(at).toBeNaN();
            else expect(Math.abs(at - 0.5)).toBeLessThanOrEqual(0.5 + 1e-6);
          }
          expect(scale.ticks.length).toBeLessThanOrEqual(type === 'category' ? values.length : 14);
          for (const { at } of scale.ticks) expect(Math.abs(at - 0.5)).toBeLessThanOrEqual(0.5 + 1e-6);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('puts a constant series in the middle', () => {
    for (const value of [0, 1, -7, 1e-12, 1e200]) {
      expect(createScale({ label: '' }, [value, value], { tickCount: 5 }).place(value)).toBeCloseTo(0.5, 9);
    }
  });

  it('refuses a log axis that begins at 0', () => {
    expect(() => createScale({ label: '', type: 'log10', domain: [0, 1] }, [], { tickCount: 5 })).toThrow(
      'above 0',
    );
  });
});

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [32, '32'],
    [0.1 + 0.2, '0.3'],
    [1e-4, '1e-4'],
    [2.5e6, '2.5e6'],
    [65536, '65536'],
    [-0.00125, '-0.00125'],
    [-0.00025, '-2.5e-4'],
  ])('%d is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

/** The one tick label without decimals. */
function zero(label: string): string {
  return label === '0.0' ? '0' : label;
}
