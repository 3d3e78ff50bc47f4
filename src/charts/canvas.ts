/**
 * A picture made of characters. Every cell holds 2 x 4 dots of a braille character (U+2800 and eight bits), or, in
 * ASCII, one letter; text and markers lie over the dots. `paint` colours a cell when it is printed.
 */
export type Paint = (text: string) => string;

/** The bit of the dot in row r (0 at the top), column c of a braille cell, at [r][c]. */
const DOT_BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

interface Cell {
  dots: number;
  text?: string;
  paint?: Paint;
}

export class Canvas {
  readonly columns: number;
  readonly rows: number;
  /** Dots per cell, across and down. */
  readonly dotsAcross: number;
  readonly dotsDown: number;
  readonly #cells: Cell[];
  readonly #ascii: boolean;

  constructor(columns: number, rows: number, ascii: boolean) {
    this.columns = columns;
    this.rows = rows;
    this.#ascii = ascii;
    this.dotsAcross = ascii ? 1 : 2;
    this.dotsDown = ascii ? 1 : 4;
    this.#cells = Array.from({ length: columns * rows }, () => ({ dots: 0 }));
  }

  /** Sets the dot in dot column x, dot row y, counted from the top left; in ASCII, the cell becomes `letter`. */
  dot(x: number, y: number, letter: string, paint?: Paint): void {
    const cell = this.#cell(Math.floor(x / this.dotsAcross), Math.floor(y / this.dotsDown));
    if (!cell) return;
    if (this.#ascii) cell.text = letter;
    else cell.dots |= DOT_BITS[y % 4][x % 2];
    cell.paint = paint;
  }

  /** A straight line of dots, by Bresenham's algorithm (1965). */
  line(x0: number, y0: number, x1: number, y1: number, letter: string, paint?: Paint): void {
    const dx = Math.abs(x1 - x0);
    const dy = -Math.abs(y1 - y0);
    let error = dx + dy;
    for (;;) {
      this.dot(x0, y0, letter, paint);
      if (x0 === x1 && y0 === y1) return;
      const doubled = 2 * error;
      if (doubled >= dy) {
        error += dy;
        x0 += Math.sign(x1 - x0);
      }
      if (doubled <= dx) {
        error += dx;
        y0 += Math.sign(y1 - y0);
      }
    }
  }

  /** Puts text over the dots, from this cell on; each character takes one cell. */
  text(column: number, row: number, text: string, paint?: Paint): void {
    let at = column;
    for (const character of text) {
      const cell = this.#cell(at++, row);
      if (cell) Object.assign(cell, { text: character, paint });
    }
  }

  hasText(column: number, row: number): boolean {
    return this.#cell(column, row)?.text !== undefined;
  }

  row(row: number): string {
    return this.#cells
      .slice(row * this.columns, (row + 1) * this.columns)
      .map(({ dots, text, paint }) => {
        const character = text ?? (dots === 0 ? ' ' : String.fromCharCode(0x2800 + dots));
        return paint ? paint(character) : character;
      })
      .join('');
  }

  #cell(column: number, row: number): Cell | undefined {
    const inside = column >= 0 && column < this.columns && row >= 0 && row < this.rows;
    return inside ? this.#cells[row * this.columns + column] : undefined;
  }
}
