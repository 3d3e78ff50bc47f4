import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/**
 * Latin and Greek letters, dashes, quotes, arrows and signs of mathematics: a column each, whatever stands beside them. Most text is
 * made of these alone; for the rest string-width reads the tables of emoji, which takes a fifth of the time of `--help`.
 */
export const ONE_COLUMN_EACH =
  /^[\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0377\u037a-\u03ff\u2010-\u2027\u2190-\u2319]*$/;

/** Columns of a terminal that plain text (no colour codes) takes. */
export function displayWidth(text: string): number {
  return ONE_COLUMN_EACH.test(text) ? text.length : stringWidth(text);
}

/** Words in lines of at most `width` columns. `hard`: a word that is longer is broken. */
function wrapped(text: string, width: number, options: { hard?: boolean } = {}): string[] {
  const words = text.split(' ');
  const fits = (word: string) => word !== '' && word === word.trim() && word.length <= width;
  const isSimple = ONE_COLUMN_EACH.test(text) && words.every(fits);
  if (!isSimple) return wrapAnsi(text, width, options).split('\n');
  const lines = [words[0]];
  for (const word of words.slice(1)) {
    if (lines[lines.length - 1].length + 1 + word.length <= width) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The beginning of `text` that fits into `width` columns, with … where something is left out. */
export function truncate(text: string, width: number, ellipsis = '…'): string {
  if (displayWidth(text) <= width) return text;
  const room = width - displayWidth(ellipsis);
  let kept = '';
  // What a reader takes for one character, accents and joined emoji included.
  for (const { segment } of new Intl.Segmenter().segment(text)) {
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

/** Where a long word may be broken and is still read: within a path, and behind the hyphen of a compound. */
const joints = /(?<=.[/\\])(?=.)|(?<=\p{L}-)(?=\p{L})/u;
/** Stands at a joint while lines are made; takes no room. */
const JOINT = '\u2060';
/** A mean and its spread are one word. */
const unbroken = (text: string) => text.replaceAll(' ± ', '\u00a0±\u00a0');

/** Words put into lines of at most `width` columns; a longer word is broken, at its joints if it has any. */
export function wrapWords(text: string, width: number): string[] {
  const words = unbroken(singleLine(text)).split(/ +/).filter(Boolean);
  if (words.length === 0) return [];
  const breakable = words.map((word) =>
    displayWidth(word) > width ? word.split(joints).join(` ${JOINT}`) : word,
  );
  return wrapped(breakable.join(' '), Math.max(1, width), { hard: true }).map((line) =>
    line.replaceAll(new RegExp(` ?${JOINT}`, 'g'), '').replaceAll('\u00a0', ' '),
  );
}

/** Columns below which `wrapWords` breaks a word elsewhere than at a joint. */
export function longestPart(text: string): number {
  const parts = unbroken(singleLine(text))
    .split(' ')
    .flatMap((word) => word.split(joints));
  return Math.max(...parts.map(displayWidth));
}

/**
 * Lines put into lines of at most `width` columns, which begin where their line does and `indent` columns further: colours are kept,
 * words stay whole, and so does a line that fits.
 */
export function wrapLines(text: string, width: number, indent = 0): string {
  return text
    .split('\n')
    .map((line) => {
      if (displayWidth(line) <= width) return line;
      const before = line.match(/^ */)![0];
      const [first, ...others] = wrapped(line.trimStart(), width - before.length);
      const next = before + ' '.repeat(indent);
      const rest = wrapped(others.join(' '), width - next.length);
      return [before + first, ...rest.map((each) => next + each)].join('\n');
    })
    .join('\n');
}
