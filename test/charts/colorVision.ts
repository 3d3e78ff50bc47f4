/** What becomes of a colour in other eyes and on other paper. Colours are `#rrggbb`. */

type Triple = [number, number, number];

/**
 * Linear sRGB as dichromats see it: Machado, Oliveira and Fernandes 2009, "A Physiologically-based Model for
 * Simulation of Color Vision Deficiency", table 1, severity 1.0.
 */
export const sights = {
  'full sight': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
} as const;
export type Sight = keyof typeof sights;

export function seenBy(sight: Sight, color: string): string {
  return toHex(times(sights[sight], toLinear(color)));
}

/** On a printer without colours. */
export function grey(color: string): string {
  const y = luminance(color);
  return toHex([y, y, y]);
}

/** The WCAG's contrast ratio, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** Distance in CIELAB (CIE 1976); about 2.3 can just be noticed side by side. */
export function colorDistance(a: string, b: string): number {
  const [p, q] = [toLab(a), toLab(b)];
  return Math.hypot(...p.map((value, i) => value - q[i]));
}

function luminance(color: string): number {
  const [r, g, b] = toLinear(color);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function toLinear(color: string): Triple {
  return [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Triple;
}

function toHex(linear: Triple): string {
  const parts = linear.map((value) => {
    const share = Math.min(1, Math.max(0, value));
    const encoded = share <= 0.0031308 ? 12.92 * share : 1.055 * share ** (1 / 2.4) - 0.055;
    return Math.round(255 * encoded)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${parts.join('')}`;
}

function toLab(color: string): Triple {
  const toXyz = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.072175],
    [0.0193339, 0.119192, 0.9503041],
  ];
  const white = [0.95047, 1, 1.08883];
  const [x, y, z] = times(toXyz, toLinear(color)).map((value, i) => {
    const share = value / white[i];
    return share > 216 / 24389 ? Math.cbrt(share) : (share * 24389) / 27 / 116 + 16 / 116;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function times(matrix: readonly (readonly number[])[], vector: Triple): Triple {
  return matrix.map((row) => row.reduce((sum, factor, i) => sum + factor * vector[i], 0)) as Triple;
}
