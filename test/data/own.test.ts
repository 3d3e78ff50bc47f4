import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { type Dataset, datasetWarnings, type ImageSet } from '../../src/data/dataset.ts';
import { datasetOf } from '../../src/data/datasetOf.ts';
import { loadDataset } from '../../src/data/files/load.node.ts';
import { isOwnData } from '../../src/data/files/own.node.ts';
import { encodeNpy } from '../../src/data/format/npy.ts';
import { encodeNpz } from '../../src/data/format/npz.ts';
import { roleOf } from '../../src/data/roles.ts';
import { splitTest } from '../../src/data/split.ts';
import { encodeIdx, encodePng, tinyMnist } from './encode.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'normgrad-own-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

function put(files: Record<string, Uint8Array | string>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(dataDir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}
const load = (name: string, options = {}) => loadDataset(name, { dataDir, ...options });
const labelsOf = ({ labels, classes }: ImageSet) => Array.from(labels, (label) => classes[label]);
const counts = ({ train, test: held }: Dataset) => [train.count, held.count];

/** `count` examples of `length` values, that follow from their place, and their classes. */
const x = (count: number, ...shape: number[]) => {
  const length = shape.reduce((a, b) => a * b, count);
  return { shape: [count, ...shape], data: Float32Array.from({ length }, (_, i) => (i % 97) / 8) };
};
const y = (count: number, classes = 3) => ({
  shape: [count],
  data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i % classes)),
});

test('a dataset is a file where it is written as one', () => {
  expect(['./a', 'a/b', 'a.csv', 'a.npz', '/x/y.tsv', 'a\\b'].every(isOwnData)).toBe(true);
  expect(['mnist', 'fashion-mnist', 'cifar10', 'mnits'].some(isOwnData)).toBe(false);
});

describe('a test split, where there is none', () => {
  const set = datasetOf({ x: x(103, 2), y: y(103, 4) }, { testFraction: 0.5 }).train;
  const whole = (labels: readonly number[]): ImageSet => ({
    ...{ ...set, count: labels.length, channels: 1, classes: ['a', 'b', 'c'] },
    images: Float64Array.from(labels, (_, i) => i),
    labels: Int32Array.from(labels),
  });

  it('has its part of every class, and every example is in one of both', () => {
    const labels = Array.from({ length: 100 }, (_, i) => (i < 60 ? 0 : i < 90 ? 1 : 2));
    const { train, test: held } = splitTest(whole(labels), 0.2);
    const perClass = [0, 1, 2].map((label) => held.labels.filter((each) => each === label).length);
    expect(perClass).toEqual([12, 6, 2]);
    const all = [...train.images, ...held.images].sort((a, b) => a - b);
    expect(all).toEqual(labels.map((_, i) => i));
    for (const part of [train, held])
      expect(labels.filter((_, i) => part.images.includes(i))).toHaveLength(part.count);
    expect([...train.images].every((place, i) => labels[place] === train.labels[i])).toBe(true);
  });

  it('is the same on every machine and for every seed', () => {
    const { test: held } = splitTest(whole([0, 1, 2, 0, 1, 2, 0, 1, 2, 0]), 0.3);
    expect([...held.images]).toEqual([2, 9, 7]);
  });

  it('leaves each class an example for training, and takes one if it has two', () => {
    const { train, test: held } = splitTest(whole([0, 0, 1, 2, 2, 2]), 0.01);
    expect([...held.labels].sort()).toEqual([0, 2]);
    expect([...splitTest(whole([0, 0, 1, 2, 2, 2]), 0.99).train.labels].sort()).toEqual([0, 1, 2]);
    expect(train.count).toBe(4);
    expect(() => splitTest(whole([0, 1, 2]))).toThrow('no class has two examples');
    expect(() => splitTest(whole([0, 1]), 1)).toThrow(
      'a test fraction of 1, expected more than 0 and less than 1',
    );
  });
});

describe('arrays', () => {
  it.each([
    [[5], [1, 1, 5]],
    [
      [4, 3],
      [4, 3, 1],
    ],
    [
      [4, 3, 2],
      [4, 3, 2],
    ],
    [[], [1, 1, 1]],
  ])('[N, %j] are images of %j', (shape, image) => {
    const { train } = datasetOf({ x: x(30, ...shape), y: y(30) });
    expect([train.height, train.width, train.channels]).toEqual(image);
    expect(train.images.length).toBe(train.count * image.reduce((a, b) => a * b));
  });

  it('labels are texts or whole numbers, more than 256 classes too', () => {
    const labels = Array.from({ length: 1200 }, (_, i) => 5 * (i % 300));
    const { train } = datasetOf({ x: x(1200, 2), y: labels });
    expect(train.classes).toHaveLength(300);
    expect(train.classes.slice(0, 3)).toEqual(['0', '5', '10']);
    expect(Math.max(...train.labels)).toBe(299);
    expect(datasetOf({ x: x(4, 2), y: ['b', 'a', 'b', 'a'] }).train.classes).toEqual(['a', 'b']);
  });

  it('what is wrong with them is said', () => {
    const bad = x(6, 2, 3);
    bad.data[9] = Number.NaN;
    expect(() => datasetOf({ x: bad, y: y(6) }, { name: 'a.npz' })).toThrow(
      'a.npz: got NaN at x[1, 1, 0], expected a finite',
    );
    expect(() => datasetOf({ x: x(6, 2), y: y(5) })).toThrow('got 5 labels, expected 6');
    expect(() => datasetOf({ x: x(6, 2), y: [0.5, 1, 1, 1, 1, 1] })).toThrow(
      'got 0.5 at y[0], expected a whole number',
    );
    expect(() => datasetOf({ x: x(2, 2), y: x(2, 3) })).toThrow('got y [2, 3], expected one label for each');
    expect(() => datasetOf({ x: x(2, 2, 2, 2, 2), y: y(2) })).toThrow(
      'got x [2, 2, 2, 2, 2], expected [N, features]',
    );
    expect(() => datasetOf({ x: x(9, 2), y: y(9) }, { test: { x: x(9, 3), y: y(9) } })).toThrow(
      'got test examples of [1, 1, 3]',
    );
    expect(() =>
      datasetOf({ x: x(9, 2), y: y(9) }, { test: { x: x(9, 2), y: y(9) }, testFraction: 0.1 }),
    ).toThrow('expected none, since the data have a test of their own');
  });

  it('channels in front are noticed', () => {
    const { train } = datasetOf({ x: x(6, 3, 8, 8), y: y(6) });
    expect(train.warnings).toEqual([expect.stringContaining('x.transpose(0, 2, 3, 1)')]);
    expect(datasetOf({ x: x(6, 8, 8, 3), y: y(6) }).train.warnings).toEqual([]);
  });
});

describe('npz and npy', () => {
  it.each([
    ['x', 'y', undefined, undefined],
    ['x_train', 'y_train', 'x_test', 'y_test'],
    ['train_images', 'train_labels', 'test_images', 'test_labels'],
    ['arr_0', 'arr_1', undefined, undefined],
  ])('%s and %s, %s and %s', async (a, b, c, d) => {
    const arrays = [a, b, c, d].flatMap((name, i) =>
      name === undefined ? [] : [[name, i % 2 === 0 ? x(i + 30, 4) : y(i + 29)] as const],
    );
    put({
      'a.npz': encodeNpz(arrays),
      ...Object.fromEntries(arrays.map(([n, array]) => [`${n}.npy`, encodeNpy(array)])),
    });
    const packed = await load('a.npz');
    expect(counts(packed)).toEqual(c === undefined ? [24, 6] : [30, 32]);
    if (a === 'arr_0') return;
    expect(await load(`${a}.npy`)).toEqual({
      train: { ...packed.train, name: join(dataDir, `${a}.npy`) },
      test: { ...packed.test, name: join(dataDir, `${a}.npy`) },
    });
    expect(counts(await load('.'))).toEqual(counts(packed));
  });

  it('says what is not used, and what is missing', async () => {
    put({
      'a.npz': encodeNpz([
        ['x', x(9, 2)],
        ['y', y(9)],
        ['groups', y(9)],
      ]),
      'b.npz': encodeNpz([
        ['x', x(9, 2)],
        ['z', y(9)],
      ]),
    });
    expect(datasetWarnings(await load('a.npz'))).toEqual([`${join(dataDir, 'a.npz')}: not used: groups`]);
    await expect(load('b.npz')).rejects.toThrow(/b\.npz: x has no labels beside it\. There is: x, z\.$/);
  });

  it('roles of names', () => {
    expect(roleOf('emnist-letters-train-images-idx3-ubyte.gz')).toEqual({
      part: 'x',
      split: 'train',
      rest: 'emnist letters',
    });
    expect(roleOf('t10k-labels.idx1-ubyte')).toEqual({ part: 'y', split: 'test', rest: '' });
    expect(roleOf('Y_val.npy')).toEqual({ part: 'y', split: 'validation', rest: '' });
    expect(roleOf('weights')).toBeUndefined();
  });
});

describe('IDX', () => {
  it('a folder, or one of the files, as MNIST comes', async () => {
    put(tinyMnist(20));
    const published = await load('mnist', { dataDir: join(dataDir, '..') }).catch(() => undefined);
    expect(published).toBeUndefined();
    for (const name of ['.', 'train-labels-idx1-ubyte.gz', './t10k-images-idx3-ubyte.gz']) {
      const data = await load(name);
      expect(counts(data)).toEqual([20, 20]);
      expect(data.train).toMatchObject({ height: 2, width: 3, channels: 1 });
    }
  });

  it('several datasets in one folder: one of their files says which', async () => {
    const pair = (name: string, count: number) => ({
      [`${name}-images-idx3-ubyte`]: encodeIdx({ shape: [count, 2, 2], data: new Uint8Array(4 * count) }),
      [`${name}-labels-idx1-ubyte`]: gzipSync(
        encodeIdx({ shape: [count], data: Uint8Array.from({ length: count }, (_, i) => i % 2) }),
      ),
    });
    put({ ...pair('letters', 10), ...pair('digits', 20) });
    await expect(load('.')).rejects.toThrow('several datasets are in it, so name one of their files');
    expect(counts(await load('./digits-images-idx3-ubyte'))).toEqual([16, 4]);
  });
});

describe('a folder of images', () => {
  const image = (grey: boolean, value: number, height = 3, width = 4) => {
    const pixels = Uint8Array.from({ length: 3 * height * width }, (_, i) =>
      grey || i % 3 === 0 ? value : 9,
    );
    return encodePng({ height, width, pixels });
  };
  const folder = (grey: boolean, ...parents: string[]) =>
    Object.fromEntries(
      ['cat', 'dog'].flatMap((name, c) =>
        Array.from({ length: 5 }, (_, i) => [join(...parents, name, `${i}.png`), image(grey, 10 * i + c)]),
      ),
    );

  it('a class for each folder, a channel or three, as the pixels have them', async () => {
    put({
      ...folder(true, 'grey'),
      ...folder(false, 'colour'),
      'grey/README.txt': '',
      'grey/.git/x.png': '',
    });
    const grey = await load('./grey');
    expect(grey.train).toMatchObject({ height: 3, width: 4, channels: 1, classes: ['cat', 'dog'] });
    expect(counts(grey)).toEqual([8, 2]);
    const firsts = Array.from({ length: 8 }, (_, i) => grey.train.images[12 * i] % 10);
    expect(firsts.map((c) => ['cat', 'dog'][c])).toEqual(labelsOf(grey.train));
    expect((await load('colour/')).train.channels).toBe(3);
  });

  it('train and test apart, as torchvision has them; val where there is no test', async () => {
    put({
      ...folder(true, 'a', 'train'),
      ...folder(true, 'a', 'test'),
      ...folder(true, 'b', 'train'),
      ...folder(false, 'b', 'val'),
    });
    expect(counts(await load('./a'))).toEqual([10, 10]);
    expect((await load('./b')).train.channels).toBe(3);
  });

  it('of several sizes: an error, or one size', async () => {
    put({ ...folder(true), 'dog/6.png': image(true, 7, 6, 5) });
    await expect(load('./')).rejects.toThrow(
      /dog.*got an image of .* expected .*Bring them to one size: --size|expected 6 x 5/,
    );
    const { train } = await load('./', { size: [2, 2] });
    expect(train).toMatchObject({ height: 2, width: 2, channels: 1 });
  });

  it('damaged or empty: the file is named', async () => {
    put({ ...folder(true), 'dog/x.jpg': 'no image' });
    await expect(load('./')).rejects.toThrow(/x\.jpg: got other bytes, expected those of a PNG/);
    mkdirSync(join(dataDir, 'empty/a'), { recursive: true });
    await expect(load('./empty')).rejects.toThrow('has no folders with images in them');
  });
});

test('what is no data, and options of other kinds', async () => {
  put({ 'a.csv': '1,x\n2,y\n3,x\n4,y\n', 'b.txt': '1' });
  await expect(load('./c.csv')).rejects.toMatchObject({ code: 'DATA_MISSING' });
  await expect(load('b.txt')).rejects.toThrow('is no kind of data that is known here');
  await expect(load('a.csv', { size: [1, 1] })).rejects.toThrow('--size is for folders of images');
  await expect(load('./', { label: '1' })).rejects.toThrow('--label is for a table as text');
  await expect(load('synthetic', { testFraction: 0.5 })).rejects.toThrow(
    '"testFraction" is for data of your own',
  );
  expect(counts(await load('a.csv', { limitTrain: 1 }))).toEqual([1, 2]);
});
