import { BLACK, PALETTE } from '../charts/colors.ts';
import { element, escapeXml } from '../charts/svgElement.ts';
import { svgDocument, text } from '../charts/svgText.ts';

/** Colours of the pictures, told apart by readers with any kind of colour blindness (charts/colors.ts). */
export const [BLUE, VERMILLION, GREEN, PURPLE, ORANGE] = PALETTE;

export const FONT_SIZE = 12;
export const MARGIN = 14;

/**
 * A card brings its own ground, and turns ground and ink together where the reader's system is dark: so it can be read on a page
 * of either kind.
 */
const style =
  '.card{fill:#ffffff}.ink{fill:#222222}.line{stroke:#222222}.off{fill:#dddddd}' +
  '@media(prefers-color-scheme:dark){.card{fill:#1b1f24}.ink{fill:#dddddd}.line{stroke:#dddddd}.off{fill:#444a52}}';

/** An SVG document of that size with a title for those who cannot see it. */
export function card(width: number, height: number, title: string, ...content: string[]): string {
  const ground = element('rect', { class: 'card', width, height, rx: 6, fill: '#ffffff' });
  const parts = [
    element('title', {}, escapeXml(title)),
    element('style', {}, style),
    ground,
    ...content.filter(Boolean),
  ];
  return svgDocument(width, height, {}, `\n${parts.join('\n')}\n`);
}

export function write(
  content: string,
  x: number,
  y: number,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  return text(content, x, y, { class: 'ink', 'text-anchor': anchor });
}

/** A straight line in the colour of the text. */
export function rule(x1: number, y1: number, x2: number, y2: number, dash = ''): string {
  return element('line', {
    class: 'line',
    stroke: BLACK,
    x1,
    y1,
    x2,
    y2,
    ...(dash && { 'stroke-dasharray': dash }),
  });
}
