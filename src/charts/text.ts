/** Text in a terminal, measured in columns. */

/** Scripts and emoji that take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\p{Extended_Pictographic}/u;
const WIDE_PLANES = 0x20000;
/** Accents and joiners, drawn over the character before them. */
const ZERO_WIDTH = /^(?:\p{M}|\p{Cf})$/u;

function characterWidth(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) || character.codePointAt(0)! >= WIDE_PLANES ? 2 : 1;
}

/** Columns that plain text (no colour codes) takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The beginning of `text` that fits into `width` columns, with … where something is left out. */
export function truncate(text: string, width: number, ellipsis = '…'): string {
  if (displayWidth(text) <= width) return text;
  const room = width - displayWidth(ellipsis);
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > room) break;
    kept += character;
  }
  return room >= 0 ? kept + ellipsis : '';
}

/** Control characters as spaces: a name must not move the cursor or break the line. */
export function singleLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}

/** Words put into lines of at most `width` columns; a longer word is broken. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of breakLongWords(singleLine(text), width).split(/ +/).filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= width) {
      line = longer;
    } else {
      if (line !== '') lines.push(line);
      line = word;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Puts a space into words of more than `width` columns wherever they must be broken. */
function breakLongWords(text: string, width: number): string {
  let result = '';
  let used = 0;
  for (const character of text) {
    used = character === ' ' ? 0 : used + characterWidth(character);
    if (used > width) {
      result += ' ';
      used = characterWidth(character);
    }
    result += character;
  }
  return result;
}
