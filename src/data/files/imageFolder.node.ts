import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesText } from '../../errors.ts';
import type { Dataset } from '../dataset.ts';
import { datasetOf, type Examples } from '../datasetOf.ts';
import { DataError, invalidFile } from '../errors.ts';
import { MOST_BYTES } from '../format/gzip.ts';
import { resize } from '../resize.ts';
import { fixedOrder } from '../split.ts';
import { readDataFile } from './files.node.ts';
import { decodeJpeg } from './jpeg.node.ts';
import { decodePng, type RgbImage } from './png.node.ts';

export interface ImageFolderOptions {
  /** [height, width] to which every image is brought; by default they all have one size. */
  size?: readonly [number, number];
  testFraction?: number;
}

const ending = /\.(png|jpe?g)$/i;
const splits = ['train', 'test', 'val', 'valid', 'validation'];

/** The subfolders of an image folder, with those of its splits; undefined where it is none. */
export async function imageFolders(folder: string): Promise<{ train: string; test?: string } | undefined> {
  const names = await foldersIn(folder);
  const [train, ...tests] = splits.filter((name) => names.includes(name));
  if (train === 'train') return { train: join(folder, train), test: tests[0] && join(folder, tests[0]) };
  return names.length > 0 ? { train: folder } : undefined;
}

/**
 * PNG and JPEG images in one folder for each class, `folder/cat/1.png`, or in two such sets, `folder/train/cat/1.png` and
 * `folder/test/cat/2.png` (or val), as torchvision's ImageFolder reads them. Where no image has a colour, they have one channel.
 * A DataError names the first image that is damaged or of another size.
 */
export async function readImageFolder(
  folder: string,
  { train, test }: { train: string; test?: string },
  { size, testFraction }: ImageFolderOptions,
): Promise<Dataset> {
  const shape = size && { height: size[0], width: size[1], first: undefined };
  const reader = imageReader(shape);
  const sets: ImageList[] = [];
  for (const part of test ? [train, test] : [train]) sets.push(await reader.read(part));
  const examples = sets.map((set) =>
    reader.examplesOf(
      set,
      sets.every(({ isGrey }) => isGrey),
    ),
  );
  return datasetOf(examples[0], { name: folder, test: examples[1], testFraction });
}

interface ImageList {
  pixels: Uint8Array[];
  classes: string[];
  isGrey: boolean;
}

/** Reads images into memory, all of one size, which the first one has unless it is given. */
function imageReader(given: { height: number; width: number; first: undefined } | undefined) {
  let shape: { height: number; width: number; first?: string } | undefined = given;
  let total = 0;

  const fitted = (file: string, image: RgbImage): Uint8Array => {
    shape ??= { height: image.height, width: image.width, first: file };
    const { height, width, first } = shape;
    if (image.height === height && image.width === width) return image.pixels;
    if (first === undefined) return resize(image.pixels, image, shape, 3);
    const expected = `${height} x ${width}, as ${first}`;
    const todo = `Bring them to one size: --size ${height},${width}.`;
    throw invalidFile(file, `an image of ${image.height} x ${image.width}`, expected, todo);
  };

  return {
    async read(folder: string): Promise<ImageList> {
      const files = await imagesIn(folder);
      const list: ImageList = { pixels: [], classes: [], isGrey: true };
      // Sorted by class as they lie there, no first n of them would be a fair sample.
      for (const place of fixedOrder(files.length)) {
        const { file, name } = files[place];
        const pixels = fitted(file, decode(file, await readDataFile(file)));
        total += pixels.length;
        if (total > MOST_BYTES) {
          const todo = 'Use fewer or smaller images: --size HEIGHT,WIDTH.';
          throw invalidFile(folder, `more than ${bytesText(MOST_BYTES)} of pixels`, 'less', todo);
        }
        list.pixels.push(pixels);
        list.classes.push(name);
        list.isGrey &&= isGrey(pixels);
      }
      return list;
    },
    examplesOf({ pixels, classes }: ImageList, grey: boolean): Examples {
      const { height, width } = shape!;
      const channels = grey ? 1 : 3;
      const length = height * width * channels;
      const data = new Uint8Array(pixels.length * length);
      pixels.forEach((each, i) => {
        if (!grey) data.set(each, i * length);
        else for (let p = 0; p < length; p++) data[i * length + p] = each[3 * p];
      });
      return { x: { shape: [pixels.length, height, width, channels], data }, y: classes };
    },
  };
}

function decode(file: string, bytes: Uint8Array): RgbImage {
  // By its content: endings are often wrong.
  return bytes[0] === 0xff ? decodeJpeg({ file, bytes }) : decodePng({ file, bytes });
}

function isGrey(pixels: Uint8Array): boolean {
  for (let i = 0; i < pixels.length; i += 3) {
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return false;
  }
  return true;
}

/** Every image below the class folders of `folder`, in the order of their names. */
async function imagesIn(folder: string): Promise<{ file: string; name: string }[]> {
  const files: { file: string; name: string }[] = [];
  for (const name of await foldersIn(folder)) {
    const found = await readdir(join(folder, name), { recursive: true });
    const images = found.filter((each) => ending.test(each)).sort();
    files.push(...images.map((each) => ({ file: join(folder, name, each), name })));
  }
  if (files.length > 0) return files;
  throw new DataError('DATA_INVALID', `${folder} has no folders with images in them.`, [
    'one folder for each class, with .png, .jpg or .jpeg files: FOLDER/cat/1.png, FOLDER/dog/2.png',
  ]);
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .flatMap((entry) => (entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : []))
    .sort();
}
