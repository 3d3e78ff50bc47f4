/**
 * One look per norm, the same in every figure. The colours are those of Okabe and Ito (2008), told apart by readers
 * with any kind of colour blindness (their yellow is left out: too light on white). Dash and marker differ too, so
 * that figures survive a grey printer.
 */
export const MARKERS = ['circle', 'square', 'diamond', 'triangle', 'triangleDown', 'cross', 'plus'] as const;
export type Marker = (typeof MARKERS)[number];

export interface SeriesStyle {
  color: string;
  /** SVG stroke-dasharray; '' is a solid line. */
  dash: string;
  marker: Marker;
}

export const BLACK = '#000000';
const ORANGE = '#E69F00';
const SKY_BLUE = '#56B4E9';
const GREEN = '#009E73';
const BLUE = '#0072B2';
const VERMILLION = '#D55E00';
const PURPLE = '#CC79A7';

export const PALETTE = [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY_BLUE, BLACK] as const;
export const DASHES = ['', '8 3', '2 3', '8 3 2 3', '5 3'] as const;

/**
 * Of every norm in the registry, by its name as `lookupKey` writes it. Norms of one family share a colour and differ in dash and
 * marker; of the 35 pairs of dash and marker, only three are used twice, in different colours.
 */
const NORM_STYLES: Record<string, SeriesStyle> = {
  none: { color: BLACK, dash: '2 3', marker: 'cross' },
  actnorm: { color: BLACK, dash: '', marker: 'square' },
  dyt: { color: BLACK, dash: '5 3', marker: 'circle' },
  derf: { color: BLACK, dash: '8 3 2 3', marker: 'circle' },
  batch: { color: BLUE, dash: '', marker: 'circle' },
  batchrenorm: { color: BLUE, dash: '8 3', marker: 'plus' },
  ghost: { color: BLUE, dash: '2 3', marker: 'square' },
  l1batch: { color: BLUE, dash: '5 3', marker: 'triangle' },
  topkbatch: { color: BLUE, dash: '2 3', marker: 'triangleDown' },
  extendedbatch: { color: BLUE, dash: '8 3 2 3', marker: 'diamond' },
  batchchannel: { color: BLUE, dash: '5 3', marker: 'cross' },
  batchinstance: { color: BLUE, dash: '8 3 2 3', marker: 'cross' },
  meanonly: { color: BLUE, dash: '', marker: 'cross' },
  layer: { color: VERMILLION, dash: '8 3', marker: 'square' },
  proxylayer: { color: VERMILLION, dash: '', marker: 'triangleDown' },
  layerposition: { color: VERMILLION, dash: '5 3', marker: 'diamond' },
  positional: { color: VERMILLION, dash: '2 3', marker: 'circle' },
  layerscale: { color: VERMILLION, dash: '2 3', marker: 'diamond' },
  group: { color: GREEN, dash: '', marker: 'diamond' },
  proxygroup: { color: GREEN, dash: '8 3', marker: 'triangleDown' },
  grn: { color: GREEN, dash: '8 3', marker: 'circle' },
  switchable: { color: GREEN, dash: '8 3 2 3', marker: 'plus' },
  instance: { color: PURPLE, dash: '8 3 2 3', marker: 'triangle' },
  conditionalinstance: { color: PURPLE, dash: '5 3', marker: 'plus' },
  adain: { color: PURPLE, dash: '8 3', marker: 'circle' },
  evonormb0: { color: PURPLE, dash: '2 3', marker: 'plus' },
  evonorms0: { color: PURPLE, dash: '', marker: 'triangle' },
  rms: { color: ORANGE, dash: '5 3', marker: 'triangleDown' },
  partialrms: { color: ORANGE, dash: '2 3', marker: 'triangle' },
  scale: { color: ORANGE, dash: '8 3', marker: 'cross' },
  divisive: { color: ORANGE, dash: '', marker: 'square' },
  localresponse: { color: ORANGE, dash: '8 3 2 3', marker: 'square' },
  gdn: { color: ORANGE, dash: '8 3', marker: 'triangle' },
  weightnorm: { color: SKY_BLUE, dash: '5 3', marker: 'square' },
  weightstandardization: { color: SKY_BLUE, dash: '', marker: 'plus' },
  scaledweightstandardization: { color: SKY_BLUE, dash: '8 3', marker: 'diamond' },
  spectral: { color: SKY_BLUE, dash: '2 3', marker: 'diamond' },
  frn: { color: SKY_BLUE, dash: '8 3 2 3', marker: 'triangleDown' },
};

/** The style of a norm; the same for `batchRenorm`, `batch-renorm` and `Batch Renorm`. Any other name gets a fixed one. */
export function normStyle(name: string): SeriesStyle {
  const known = knownStyle(name);
  if (known) return known;
  const hash = fnv1a(lookupKey(name));
  return {
    color: PALETTE[hash % PALETTE.length],
    marker: MARKERS[Math.floor(hash / 7) % MARKERS.length],
    dash: DASHES[Math.floor(hash / 49) % DASHES.length],
  };
}

/**
 * The styles of a chart's series, no two alike even where their colours are not seen: where dash and marker are taken, the later
 * one gets the next that are free. A name that is no norm gets a colour that nothing else in the chart has, while there is one. So
 * does the second series of a norm, as of one at two learning rates, since their bands would run together; but only if the colours
 * are enough for all such series: otherwise the colour says the norm, and dash and marker the rest.
 */
export function chartStyles(
  series: readonly { name: string; norm?: string; style?: Partial<SeriesStyle> }[],
): SeriesStyle[] {
  const keys = series.map(({ name, norm }) => lookupKey(norm ?? name));
  const isFirst = (i: number) => keys.indexOf(keys[i]) === i;
  const usedColors = new Set<string>(keys.flatMap((key) => knownStyle(key)?.color ?? []));
  const others = keys.filter((key, i) => !knownStyle(key) || !isFirst(i)).length;
  const areEnough = usedColors.size + others <= PALETTE.length;
  const taken = new Set<string>();
  const key = ({ dash, marker }: SeriesStyle) => `${dash}|${marker}`;
  return series.map(({ name, norm, style }, i) => {
    const own = normStyle(norm ?? name);
    const keepsColor = knownStyle(keys[i]) && (isFirst(i) || !areEnough);
    const wanted = { ...(keepsColor ? own : freeColor(own, usedColors)), ...style };
    usedColors.add(wanted.color);
    const chosen = variantsOf(wanted, style?.dash).find((variant) => !taken.has(key(variant))) ?? wanted;
    taken.add(key(chosen));
    return chosen;
  });
}

function knownStyle(name: string): SeriesStyle | undefined {
  const key = lookupKey(name);
  return Object.hasOwn(NORM_STYLES, key) ? NORM_STYLES[key] : undefined;
}

/** The next colour of the palette that no other series has, while there is one. */
function freeColor(style: SeriesStyle, used: ReadonlySet<string>): SeriesStyle {
  const palette: readonly string[] = PALETTE;
  const first = palette.indexOf(style.color);
  const colors = palette.map((_, i) => palette[(first + i) % palette.length]);
  return { ...style, color: colors.find((color) => !used.has(color)) ?? style.color };
}

/** First `style` itself, then all other pairs of dash and marker in its colour, unless the dash was chosen. */
function variantsOf(style: SeriesStyle, chosenDash: string | undefined): SeriesStyle[] {
  const dashes: readonly string[] = chosenDash === undefined ? DASHES : [chosenDash];
  const [marker, dash] = [MARKERS.indexOf(style.marker), dashes.indexOf(style.dash)];
  // Seven markers and five dashes have no common divisor: stepping through both at once meets every pair.
  return Array.from({ length: MARKERS.length * dashes.length }, (_, i) => ({
    ...style,
    marker: MARKERS[(marker + i) % MARKERS.length],
    dash: dashes[(dash + i) % dashes.length],
  }));
}

function lookupKey(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** Fowler, Noll and Vo's 32-bit hash (FNV-1a) of the UTF-16 code units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
