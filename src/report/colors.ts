/**
 * One look per norm, the same in every figure. The colours are those of Okabe and Ito (2008), told apart by readers
 * with any kind of colour blindness (their yellow is left out: too light on white). Dash and marker differ too, so
 * that figures survive a grey printer.
 */
export type Marker = 'circle' | 'square' | 'diamond' | 'triangle' | 'triangleDown' | 'cross' | 'plus';

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
export const MARKERS: readonly Marker[] = [
  'circle',
  'square',
  'diamond',
  'triangle',
  'triangleDown',
  'cross',
  'plus',
];
export const DASHES = ['', '8 3', '2 3', '8 3 2 3', '5 3'] as const;

/** Keys as `lookupKey` writes them. Norms of one family share a colour and differ in dash and marker. */
const NORM_STYLES: Record<string, SeriesStyle> = {
  none: { color: BLACK, dash: '2 3', marker: 'cross' },
  batch: { color: BLUE, dash: '', marker: 'circle' },
  batchrenorm: { color: BLUE, dash: '8 3', marker: 'plus' },
  ghostbatch: { color: BLUE, dash: '2 3', marker: 'square' },
  syncbatch: { color: BLUE, dash: '8 3 2 3', marker: 'triangle' },
  layer: { color: VERMILLION, dash: '8 3', marker: 'square' },
  layerproxy: { color: VERMILLION, dash: '', marker: 'triangleDown' },
  group: { color: GREEN, dash: '', marker: 'diamond' },
  groupproxy: { color: GREEN, dash: '8 3', marker: 'triangleDown' },
  instance: { color: PURPLE, dash: '8 3 2 3', marker: 'triangle' },
  rms: { color: ORANGE, dash: '5 3', marker: 'triangleDown' },
  prms: { color: ORANGE, dash: '2 3', marker: 'plus' },
  weightnorm: { color: SKY_BLUE, dash: '8 3', marker: 'square' },
  weightstandardization: { color: SKY_BLUE, dash: '', marker: 'plus' },
  spectral: { color: SKY_BLUE, dash: '2 3', marker: 'diamond' },
  frn: { color: SKY_BLUE, dash: '8 3 2 3', marker: 'triangle' },
  evonormb0: { color: PURPLE, dash: '2 3', marker: 'plus' },
  evonorms0: { color: PURPLE, dash: '', marker: 'circle' },
};

/** The style of a norm; the same for `batchRenorm`, `batch-renorm` and `Batch Renorm`. Any other name gets a fixed one. */
export function normStyle(name: string): SeriesStyle {
  const key = lookupKey(name);
  if (Object.hasOwn(NORM_STYLES, key)) return NORM_STYLES[key];
  const hash = fnv1a(key);
  return {
    color: PALETTE[hash % PALETTE.length],
    marker: MARKERS[Math.floor(hash / 7) % MARKERS.length],
    dash: DASHES[Math.floor(hash / 49) % DASHES.length],
  };
}

/** The styles of a chart's series, no two alike: where two would be, the later one gets the next free marker. */
export function chartStyles(
  series: readonly { name: string; norm?: string; style?: Partial<SeriesStyle> }[],
): SeriesStyle[] {
  const taken = new Set<string>();
  const key = ({ color, dash, marker }: SeriesStyle) => `${color}|${dash}|${marker}`;
  return series.map(({ name, norm, style }) => {
    const wanted = { ...normStyle(norm ?? name), ...style };
    const first = MARKERS.indexOf(wanted.marker);
    const variants = MARKERS.map((_, i) => ({ ...wanted, marker: MARKERS[(first + i) % MARKERS.length] }));
    const chosen = variants.find((variant) => !taken.has(key(variant))) ?? wanted;
    taken.add(key(chosen));
    return chosen;
  });
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
