import { type Attributes, coordinate, element, escapeXml } from './svgElement.ts';
import { displayWidth, singleLine, wrapWords } from './text.ts';

/** Text in the pictures: no font is at hand to measure with, so its width is a generous guess. */
const FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";
export const FONT_SIZE = 12;
export const LINE_HEIGHT = 1.35;
export const INK = '#222222';
export const GREY = '#555555';

/** Width of a character as a share of the font size. */
const CHARACTER = 0.58;

/** A whole picture, in pixels. */
export function svgDocument(
  width: number,
  height: number,
  attributes: Attributes,
  ...content: string[]
): string {
  const viewBox = `0 0 ${coordinate(width)} ${coordinate(height)}`;
  const size = { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox };
  const font = { 'font-family': FONT, 'font-size': FONT_SIZE };
  return `${element('svg', { ...size, ...font, role: 'img', ...attributes }, ...content)}\n`;
}

export function text(content: string, x: number, y: number, attributes: Attributes): string {
  return element('text', { x, y, fill: INK, ...attributes }, escapeXml(singleLine(content)));
}

export function textWidth(content: string, size = FONT_SIZE): number {
  return displayWidth(content) * size * CHARACTER;
}

export function wrap(content: string, width: number, size: number): string[] {
  return wrapWords(content, Math.floor(width / (size * CHARACTER)));
}
