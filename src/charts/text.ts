import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** What a reader takes for one character, accents and joined emoji included. */
const characters = new Intl.Segmenter();

/** Columns of a terminal that plain text (no colour codes) takes. */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

/** The beginning of `text` that fits into `width` columns, with … where something is left out. */
export function truncate(text: string, width: number, ellipsis = '…'): string {
  if (displayWidth(text) <= width) return text;
  const room = width - displayWidth(ellipsis);
  let kept = '';
  for (const { segment } of characters.segment(text)) {
    if (displayWidth(kept + segment) > room) break;
    kept += segment;
  }
  return room >= 0 ? kept + ellipsis : '';
}

/** Control characters as spaces: a name must not move the cursor or break the line. */
export function singleLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}

/** Texts side by side, `gap` between them, as many on a line as fit into `width` columns. */
export function packed(texts: readonly string[], width: number, gap: string): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const longer = `${lines.at(-1)}${gap}${text}`;
    if (lines.length > 0 && displayWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(text);
  }
  return lines;
}

/** Words put into lines of at most `width` columns; a longer word is broken. */
export function wrapWords(text: string, width: number): string[] {
  const words = singleLine(text).split(/ +/).filter(Boolean).join(' ');
  return words === '' ? [] : wrapAnsi(words, Math.max(1, width), { hard: true }).split('\n');
}
