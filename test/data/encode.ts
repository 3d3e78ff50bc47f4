/** Writers for the formats that src/data reads: the inverse of its parsers, for tests. */
import { deflateSync, gzipSync } from 'node:zlib';
import { crc32 } from '../../src/crc32.ts';
import type { RgbImage } from '../../src/data/files/png.node.ts';
import type { CifarRecords } from '../../src/data/format/cifar.ts';
import type { IdxArray } from '../../src/data/format/idx.ts';

export function encodeIdx({ shape, data }: IdxArray): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, 8, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((size, axis) => {
    view.setUint32(4 + 4 * axis, size);
  });
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

export function encodeCifar({ count, images, labels }: CifarRecords): Uint8Array {
  const records: number[] = [];
  for (let record = 0; record < count; record++) {
    for (const list of labels) records.push(list[record]);
    for (let c = 0; c < 3; c++) {
      for (let p = 0; p < 1024; p++) records.push(images[(record * 1024 + p) * 3 + c]);
    }
  }
  return Uint8Array.from(records);
}

/** A small MNIST: four IDX files by name, gzipped, with `count` 2 x 3 images in each split. */
export function tinyMnist(count = 5): Record<string, Uint8Array> {
  const images = encodeIdx({
    shape: [count, 2, 3],
    data: Uint8Array.from({ length: 6 * count }, (_, i) => (37 * i) % 256),
  });
  const labels = encodeIdx({ shape: [count], data: Uint8Array.from({ length: count }, (_, i) => i % 10) });
  return {
    'train-images-idx3-ubyte.gz': gzipSync(images),
    'train-labels-idx1-ubyte.gz': gzipSync(labels),
    't10k-images-idx3-ubyte.gz': gzipSync(images),
    't10k-labels-idx1-ubyte.gz': gzipSync(labels),
  };
}

/** `count` CIFAR records whose pixels and labels follow from their place. */
export function tinyCifar(count: number, labelClasses: readonly number[]): CifarRecords {
  return {
    count,
    images: Uint8Array.from({ length: count * 3072 }, (_, i) => (i * 7) % 251),
    labels: labelClasses.map((classes) =>
      Uint8Array.from({ length: count }, (_, i) => (3 * i + 1) % classes),
    ),
  };
}

/** A PNG of 8-bit colours, not filtered. */
export function encodePng({ height, width, pixels }: RgbImage): Uint8Array {
  const lines = Array.from({ length: height }, (_, y) =>
    Buffer.concat([Buffer.of(0), pixels.subarray(3 * width * y, 3 * width * (y + 1))]),
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const around = Buffer.alloc(8);
    around.writeUInt32BE(data.length, 0);
    around.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([around.subarray(0, 4), body, around.subarray(4)]);
  };
  const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const chunks = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return new Uint8Array(Buffer.concat([signature, ...chunks]));
}
