import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { datasetWarnings } from '../../src/data/dataset.ts';
import type { DataError } from '../../src/data/errors.ts';
import { type DatasetName, loadDataset } from '../../src/data/files/load.node.ts';
import { encodeCifar, encodeIdx, tinyCifar, tinyMnist } from './encode.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'normgrad-load-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

function put(folder: string, files: Record<string, Uint8Array>): void {
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(dataDir, folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}
const failure = (name: DatasetName, options = {}) =>
  loadDataset(name, { dataDir, ...options }).then(
    () => expect.unreachable('should have failed'),
    (error: unknown) => error as DataError,
  );

describe('IDX', () => {
  test('gzipped or not; data that differs from the published loads with a warning for each file', async () => {
    const files = tinyMnist();
    put('mnist', files);
    const zipped = await loadDataset('mnist', { dataDir });
    expect(zipped.train).toMatchObject({ split: 'train', count: 5, height: 2, width: 3, channels: 1 });
    expect(datasetWarnings(zipped).length).toBe(4);
    expect(zipped.test.warnings[1]).toMatch(
      /t10k-labels-idx1-ubyte\.gz: MD5 \w{32} differs from 27ae3e4e09519cfbb04c329615203637 of the published MNIST$/,
    );

    rmSync(join(dataDir, 'mnist'), { recursive: true });
    const plain = Object.entries(files).map(([name, bytes]) => [name.replace('.gz', ''), gunzipSync(bytes)]);
    put('mnist', Object.fromEntries(plain));
    const unzipped = await loadDataset('mnist', { dataDir });
    expect([...unzipped.train.images]).toEqual([...zipped.train.images]);
    expect([...unzipped.test.labels]).toEqual([...zipped.test.labels]);
  });

  test('with a dot in the names, as some programs unpack them', async () => {
    const files = Object.entries(tinyMnist());
    put('mnist', Object.fromEntries(files.map(([name, bytes]) => [name.replace('-idx', '.idx'), bytes])));
    expect((await loadDataset('mnist', { dataDir })).train.count).toBe(5);
  });

  test('a gzip file is unpacked no further than its header says', async () => {
    const files = tinyMnist();
    const images = gunzipSync(files['train-images-idx3-ubyte.gz']);
    const bomb = gzipSync(Buffer.concat([images, Buffer.alloc(50e6)]));
    put('mnist', { ...files, 'train-images-idx3-ubyte.gz': bomb });
    const { code, message } = await failure('mnist');
    expect(code).toBe('DATA_INVALID');
    expect(message).toMatch(
      /train-images-idx3-ubyte\.gz: got a gzip stream that unpacks to more than 46 bytes/,
    );
  });

  test('a file of absurd length is refused before it is read, and so is what is no file', async () => {
    put('mnist', tinyMnist());
    const file = join(dataDir, 'mnist', 'train-images-idx3-ubyte.gz');
    truncateSync(file, 3 * 2 ** 40);
    expect((await failure('mnist')).message).toContain(
      `${file} has 3 TiB, and such a file has 1 GiB at most`,
    );
    rmSync(file);
    symlinkSync('/dev/zero', file);
    expect((await failure('mnist')).message).toContain(`${file} is a device or a pipe, not a file`);
  });

  test('limits take the first images', async () => {
    put('fashion-mnist', tinyMnist(8));
    const whole = await loadDataset('fashion-mnist', { dataDir });
    const { train, test: held } = await loadDataset('fashion-mnist', {
      dataDir,
      limitTrain: 3,
      limitTest: 99,
    });
    expect([train.count, held.count]).toEqual([3, 8]);
    expect([...train.images]).toEqual([...whole.train.images.subarray(0, 18)]);
    expect(train.labels.length).toBe(3);
    const error = await failure('fashion-mnist', { limitTrain: 0 });
    expect(error.message).toContain('a limit of 0 images');
  });

  test('missing: says where it looked and how to get it', async () => {
    const error = await failure('mnist');
    expect(error).toMatchObject({
      code: 'DATA_MISSING',
      message: `MNIST is not in ${join(dataDir, 'mnist')}`,
    });
    expect(error.hint[0]).toContain('normgrad data get mnist');
    expect(error.hint[1]).toContain('--from');
    expect(error.hint[2]).toContain('--dataset synthetic');

    const { 't10k-labels-idx1-ubyte.gz': _, ...rest } = tinyMnist();
    put('mnist', rest);
    expect((await failure('mnist')).message).toContain('t10k-labels-idx1-ubyte missing');
  });

  test('a truncated gzip file is named', async () => {
    const files = tinyMnist();
    put('mnist', {
      ...files,
      'train-images-idx3-ubyte.gz': files['train-images-idx3-ubyte.gz'].subarray(0, 30),
    });
    const error = await failure('mnist');
    expect(error.code).toBe('DATA_INVALID');
    expect(error.message).toContain(join(dataDir, 'mnist', 'train-images-idx3-ubyte.gz'));
  });

  test('training and test images of different sizes do not belong together', async () => {
    put('mnist', {
      ...tinyMnist(5),
      't10k-images-idx3-ubyte.gz': encodeIdx({ shape: [5, 4, 4], data: new Uint8Array(80) }),
    });
    expect((await failure('mnist')).message).toContain('training images are 2 x 3, test images 4 x 4');
  });
});

describe('CIFAR', () => {
  test('CIFAR-10: the batch files in order, with a warning that they are not verified', async () => {
    const batches = [1, 2, 3, 4, 5].map((count) => tinyCifar(count, [10]));
    put('cifar-10-batches-bin', {
      ...Object.fromEntries(batches.map((batch, i) => [`data_batch_${i + 1}.bin`, encodeCifar(batch)])),
      'test_batch.bin': encodeCifar(batches[1]),
    });
    const whole = await loadDataset('cifar10', { dataDir });
    expect([whole.train.count, whole.test.count]).toEqual([15, 2]);
    expect([...whole.train.labels]).toEqual(batches.flatMap(({ labels }) => [...labels[0]]));
    expect([...whole.train.images.subarray(3072, 3 * 3072)]).toEqual([...batches[1].images]);
    expect(datasetWarnings(whole)).toEqual([
      expect.stringContaining('cifar-10-batches-bin: not verified against the published archive'),
    ]);

    const few = await loadDataset('cifar10', { dataDir, limitTrain: 4 });
    expect([...few.train.images]).toEqual([...whole.train.images.subarray(0, 4 * 3072)]);
  });

  test('CIFAR-100: the fine labels', async () => {
    const records = tinyCifar(3, [20, 100]);
    put('cifar-100-binary', { 'train.bin': encodeCifar(records), 'test.bin': encodeCifar(records) });
    const { train } = await loadDataset('cifar100', { dataDir });
    expect([...train.labels]).toEqual([...records.labels[1]]);
    expect(train.classes.length).toBe(100);
  });
});

test('synthetic: needs no files', async () => {
  const { train, test: held } = await loadDataset('synthetic', { limitTrain: 20, limitTest: 10, seed: 4 });
  expect([train.count, held.count, train.height, train.channels]).toEqual([20, 10, 28, 1]);
});

test('an unknown name lists the known ones', async () => {
  const error = await failure('mnits' as DatasetName);
  expect(error.message).toBe('Unknown dataset "mnits".');
  expect(error.hint[0]).toBe('one of: mnist, fashion-mnist, cifar10, cifar100, synthetic, cars');
  expect(error.hint[1]).toContain('./table.csv');
});
