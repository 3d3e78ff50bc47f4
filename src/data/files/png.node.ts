import { inflateSync } from 'node:zlib';
import { crc32 } from '../../crc32.ts';
import { grouped, shown } from '../../errors.ts';
import type { NamedBytes } from '../dataset.ts';
import { invalidFile } from '../errors.ts';

/** Pixels row by row, three bytes each: red, green, blue. */
export interface RgbImage {
  height: number;
  width: number;
  pixels: Uint8Array;
}

/** More than a network is ever given. */
export const MOST_PIXELS = 2 ** 26;

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Samples of a pixel by the type of colour, and the depths in bits that they may have. */
const colourTypes: Record<number, { samples: number; depths: readonly number[] }> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
};
const PALETTE = 3;

/** The passes of Adam7: first column and row, and the steps from one to the next. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * A PNG file (W3C 2003) as 8-bit colours, as PIL's convert("RGB") has them: grey thrice, without transparency, the upper byte of 16 bits.
 * It takes no more memory than the size in its header says. Throws a DataError where the file is damaged.
 */
export function decodePng(source: NamedBytes): RgbImage {
  const { file } = source;
  const chunks = readChunks(source);
  const header = chunks.find(({ type }) => type === 'IHDR')?.data;
  if (header?.length !== 13) throw damaged(file, 'no header', 'one of 13 bytes');
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, , , interlace] = header.subarray(8);
  const colour = colourTypes[type];
  if (!colour?.depths.includes(depth)) {
    throw damaged(file, `colour type ${type} of ${depth} bits`, 'one of 0, 2, 3, 4, 6 of 1 to 16 bits');
  }
  if (width * height === 0 || width * height > MOST_PIXELS) {
    throw damaged(file, `${width} x ${height} pixels`, `1 to ${grouped(MOST_PIXELS)}`);
  }
  const bits = colour.samples * depth;
  const parts = interlace === 1 ? passes : [[0, 0, 1, 1]];
  const sizes = parts.map(([x, y, stepX, stepY]) => {
    const [columns, rows] = [Math.ceil((width - x) / stepX), Math.ceil((height - y) / stepY)];
    const isEmpty = columns <= 0 || rows <= 0;
    return { columns, rows: isEmpty ? 0 : rows, line: isEmpty ? 0 : Math.ceil((columns * bits) / 8) };
  });
  const expected = sizes.reduce((sum, { rows, line }) => sum + rows * (line + 1), 0);
  const packed = Buffer.concat(chunks.filter((chunk) => chunk.type === 'IDAT').map(({ data }) => data));
  const lines = unpack(file, packed, expected);
  const palette = chunks.find((chunk) => chunk.type === 'PLTE')?.data;
  if (type === PALETTE && !palette)
    throw damaged(file, 'no palette', 'one, as colours are numbers of its entries');

  const pixels = new Uint8Array(3 * width * height);
  let at = 0;
  parts.forEach(([x, y, stepX, stepY], part) => {
    const { columns, rows, line } = sizes[part];
    let above: Uint8Array = new Uint8Array(line);
    for (let row = 0; row < rows; row++) {
      const current = lines.subarray(at + 1, at + 1 + line);
      unfilter(file, lines[at], current, above, Math.ceil(bits / 8));
      for (let column = 0; column < columns; column++) {
        const to = 3 * ((y + row * stepY) * width + x + column * stepX);
        writePixel(pixels, to, current, column, { type, depth, samples: colour.samples, palette });
      }
      above = current;
      at += line + 1;
    }
  });
  return { height, width, pixels };
}

function writePixel(
  pixels: Uint8Array,
  to: number,
  line: Uint8Array,
  column: number,
  { type, depth, samples, palette }: { type: number; depth: number; samples: number; palette?: Uint8Array },
): void {
  const first = column * samples;
  if (depth >= 8) {
    const bytes = depth / 8;
    for (let c = 0; c < 3; c++) {
      const sample = line[(first + (samples < 3 ? 0 : c)) * bytes];
      pixels[to + c] = type === PALETTE ? (palette![3 * sample + c] ?? 0) : sample;
    }
    return;
  }
  const place = column * depth;
  const most = 2 ** depth - 1;
  const sample = (line[place >> 3] >> (8 - depth - (place & 7))) & most;
  for (let c = 0; c < 3; c++) {
    pixels[to + c] = type === PALETTE ? (palette![3 * sample + c] ?? 0) : (255 / most) * sample;
  }
}

/** Undoes what made a line easier to compress: each byte was given as the difference from its neighbours. */
function unfilter(file: string, filter: number, line: Uint8Array, above: Uint8Array, width: number): void {
  if (filter > 4) throw damaged(file, `filter ${filter}`, '0 to 4');
  if (filter === 0) return;
  for (let i = 0; i < line.length; i++) {
    const left = i < width ? 0 : line[i - width];
    const up = above[i];
    const corner = i < width ? 0 : above[i - width];
    if (filter === 1) line[i] += left;
    else if (filter === 2) line[i] += up;
    else if (filter === 3) line[i] += (left + up) >> 1;
    else line[i] += paeth(left, up, corner);
  }
}

/** The neighbour nearest to left + up - corner. */
function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function unpack(file: string, packed: Uint8Array, expected: number): Uint8Array {
  try {
    const lines = inflateSync(packed, { maxOutputLength: expected });
    if (lines.length === expected) return lines;
    throw new Error(`${lines.length} bytes of ${expected}`);
  } catch (error) {
    throw damaged(
      file,
      `pixels that cannot be unpacked (${(error as Error).message})`,
      `${expected} bytes of them`,
    );
  }
}

function readChunks({ file, bytes }: NamedBytes): { type: string; data: Uint8Array }[] {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw damaged(file, 'other bytes', 'those of a PNG');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: { type: string; data: Uint8Array }[] = [];
  let at = SIGNATURE.length;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
      throw damaged(file, `a part ${shown(type)} with another checksum`, 'its own');
    }
    chunks.push({ type, data: bytes.subarray(at + 8, end) });
    if (type === 'IEND') return chunks;
    at = end + 4;
  }
  throw damaged(file, 'a file that breaks off', 'a whole one');
}

function damaged(file: string, came: string, expected: string) {
  return invalidFile(file, came, expected, 'The file is damaged, or no PNG: copy it again, or leave it out.');
}
