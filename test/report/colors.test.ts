import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chartStyles, DASHES, MARKERS, normStyle, PALETTE } from '../../src/report/colors.ts';

describe('normStyle', () => {
  it('gives each of the six common norms its own colour and marker', () => {
    const styles = ['none', 'batch', 'layer', 'instance', 'group', 'rms'].map(normStyle);
    expect(new Set(styles.map(({ color }) => color)).size).toBe(6);
    expect(new Set(styles.map(({ marker }) => marker)).size).toBe(6);
  });

  it('does not depend on how a name is written', () => {
    expect(normStyle('Batch Renorm')).toEqual(normStyle('batchRenorm'));
    expect(normStyle('batch-renorm')).toEqual(normStyle('batchRenorm'));
  });

  it('gives an unknown name a fixed style of the palette', () => {
    expect(normStyle('myNorm')).toEqual({ color: '#E69F00', marker: 'triangle', dash: '2 3' });
    fc.assert(
      fc.property(fc.string(), (name) => {
        const { color, marker, dash } = normStyle(name);
        expect(PALETTE).toContain(color);
        expect(MARKERS).toContain(marker);
        expect(DASHES).toContain(dash);
      }),
    );
  });
});

describe('chartStyles', () => {
  it('tells series of the same norm apart by their markers, in the norm’s colour', () => {
    const [train, test] = chartStyles([
      { name: 'train', norm: 'batch' },
      { name: 'test', norm: 'batch' },
    ]);
    expect(train).toEqual(normStyle('batch'));
    expect(test.color).toBe(train.color);
    expect(test.marker).not.toBe(train.marker);
  });

  it('lets a series choose', () => {
    expect(chartStyles([{ name: 'batch', style: { dash: '1 1' } }])).toEqual([
      { ...normStyle('batch'), dash: '1 1' },
    ]);
  });
});
