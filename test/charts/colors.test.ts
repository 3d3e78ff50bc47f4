import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chartStyles, DASHES, MARKERS, normStyle, PALETTE } from '../../src/charts/colors.ts';
import { normNames } from '../../src/nn/norm/createNorm.ts';
import { colorDistance, contrast, grey, type Sight, seenBy, sights } from './colorVision.ts';

const common = ['none', 'batch', 'layer', 'instance', 'group', 'rms'];

describe('normStyle', () => {
  it('gives each of the six common norms its own colour and marker', () => {
    const styles = common.map(normStyle);
    expect(new Set(styles.map(({ color }) => color)).size).toBe(6);
    expect(new Set(styles.map(({ marker }) => marker)).size).toBe(6);
  });

  it('gives no two norms of the registry the same look', () => {
    const looks = normNames.map((name) => JSON.stringify(normStyle(name)));
    expect(new Set(looks).size).toBe(normNames.length);
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

describe('the palette', () => {
  it('stands out on white, for lines need a contrast of 2', () => {
    for (const color of PALETTE) expect(contrast(color, '#ffffff')).toBeGreaterThan(2);
  });

  it.each(Object.keys(sights) as Sight[])('is told apart with %s', (sight) => {
    for (const a of PALETTE) {
      for (const b of PALETTE) {
        if (a < b) expect(colorDistance(seenBy(sight, a), seenBy(sight, b)), `${a} ${b}`).toBeGreaterThan(10);
      }
    }
  });
});

describe('chartStyles', () => {
  it('gives the second series of a norm a colour of its own, which no other norm of the chart has', () => {
    const arms = [
      { name: 'none' },
      { name: 'none, lr 0.01', norm: 'none' },
      { name: 'batch' },
      { name: 'layer' },
    ];
    const styles = chartStyles(arms);
    const looks = styles.flatMap(({ color, dash, marker }) => [color, dash, marker]);
    for (const i of [0, 1, 2]) {
      const each = looks.filter((_, at) => at % 3 === i);
      expect(new Set(each).size, each.join()).toBe(arms.length);
    }
    const normal = [styles[0], styles[2], styles[3]];
    expect(normal).toEqual(['none', 'batch', 'layer'].map(normStyle));
  });

  it('lets the colour say the norm where there are not enough of them, and dash and marker the rest', () => {
    const arms = ['none', 'batch', 'layer'].flatMap((norm) =>
      [0.1, 0.01, 0.001].map((lr) => ({ name: `${norm}, lr ${lr}`, norm })),
    );
    const styles = chartStyles(arms);
    expect(styles.map(({ color }) => color)).toEqual(arms.map(({ norm }) => normStyle(norm).color));
    expect(new Set(styles.map(({ dash, marker }) => `${dash}|${marker}`)).size).toBe(arms.length);
  });

  it('gives what is no norm a colour of its own', () => {
    const names = ['batch', 'sgd 0.1', 'sgd 0.05', 'sgd 0.01', 'adam 0.1', 'adam 0.01', 'group'];
    const styles = chartStyles(names.map((name) => ({ name })));
    expect(new Set(styles.map(({ color }) => color)).size).toBe(names.length);
    expect(styles[0]).toEqual(normStyle('batch'));
    expect(styles[6]).toEqual(normStyle('group'));
  });

  it('lets a series choose', () => {
    expect(chartStyles([{ name: 'batch', style: { dash: '1 1' } }])).toEqual([
      { ...normStyle('batch'), dash: '1 1' },
    ]);
  });

  it('needs no colour: up to 35 series differ in dash or marker, however they are named', () => {
    const anyName = fc.oneof(fc.constantFrom(...normNames), fc.string());
    fc.assert(
      fc.property(fc.array(anyName, { maxLength: 35 }), (names) => {
        const styles = chartStyles(names.map((name) => ({ name })));
        expect(new Set(styles.map(({ dash, marker }) => `${dash}|${marker}`)).size).toBe(names.length);
      }),
    );
  });

  it('leaves the six common norms their own look on grey paper too', () => {
    const styles = chartStyles(common.map((name) => ({ name })));
    expect(styles).toEqual(common.map(normStyle));
    for (const { color } of styles) expect(contrast(grey(color), '#ffffff')).toBeGreaterThan(2);
  });
});
