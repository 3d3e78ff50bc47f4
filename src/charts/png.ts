import { existsSync } from 'node:fs';

/** A chart as pixels, for slides and word processors: papers and pages are better off with the SVG. */

export interface PngOptions {
  /** Pixels of the picture for each of the SVG's. Default 2, sharp on today's screens. */
  scale?: number;
  /** A font file, beside those that the system knows. Default NORMGRAD_FONT. */
  font?: string;
  /** Search where systems keep their fonts. Default true. */
  systemFonts?: boolean;
}

/**
 * Draws an SVG by resvg, a package that is installed only by those who want pixels. Throws an Error that says what to do where it
 * or a font is missing: without a font it would leave out all text in silence.
 */
export async function renderPng(svg: string, options: PngOptions = {}): Promise<Uint8Array> {
  const { scale = 2, font = process.env.NORMGRAD_FONT, systemFonts = true } = options;
  if (font !== undefined && !existsSync(font)) {
    throw withHint(
      `there is no font file ${font}`,
      'NORMGRAD_FONT names a .ttf or .otf file; unset it for the fonts of the system',
    );
  }
  const { Resvg } = await loadResvg();
  const fonts = { font: { loadSystemFonts: systemFonts, fontFiles: font ? [font] : [] } };
  if (new Resvg(LETTER, fonts).getBBox() === undefined) {
    throw withHint(
      'no font was found, so that the picture would have no text',
      'install one (on Debian: apt install fonts-dejavu-core), or name a file: NORMGRAD_FONT=/path/to/font.ttf',
      'or write SVG, whose fonts are those of its reader',
    );
  }
  return new Resvg(svg, { ...fonts, fitTo: { mode: 'zoom', value: scale } }).render().asPng();
}

/** Has no size if there is no font to draw it with. */
const LETTER = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="15">n</text></svg>';

async function loadResvg(): Promise<typeof import('@resvg/resvg-js')> {
  try {
    return await import('@resvg/resvg-js');
  } catch (error) {
    throw withHint(
      `PNG needs the package @resvg/resvg-js (${(error as Error).message.split('\n')[0]})`,
      'install it: npm install @resvg/resvg-js',
      'or write SVG, which needs nothing: --format svg',
    );
  }
}

function withHint(message: string, ...hint: string[]): Error {
  return Object.assign(new Error(message), { hint });
}
