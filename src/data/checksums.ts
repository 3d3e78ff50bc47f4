/** The MD5 of a published file: of its decompressed content, or of the file itself as it is served. */
export interface Checksum {
  of: 'content' | 'file';
  md5: string;
}

const content = (md5: string): Checksum => ({ of: 'content', md5 });
const file = (md5: string): Checksum => ({ of: 'file', md5 });

/** Of the content, because copies of MNIST are gzipped in several ways. */
export const mnistChecksums: Record<string, Checksum> = {
  'train-images-idx3-ubyte': content('6bbc9ace898e44ae57da46a324031adb'),
  'train-labels-idx1-ubyte': content('a25bea736e30d166cdddb491f175f624'),
  't10k-images-idx3-ubyte': content('2646ac647ad5339dbf082846283269ea'),
  't10k-labels-idx1-ubyte': content('27ae3e4e09519cfbb04c329615203637'),
};

/** Of the gzipped files, as the publisher's README lists them (github.com/zalandoresearch/fashion-mnist). */
export const fashionMnistChecksums: Record<string, Checksum> = {
  'train-images-idx3-ubyte': file('8d4fb7e6c68d591d4c3dfef9ec88bf0d'),
  'train-labels-idx1-ubyte': file('25c81989df183df01b3e8a0aad5dffbe'),
  't10k-images-idx3-ubyte': file('bef4ecab320f06d8554ea6380940ec79'),
  't10k-labels-idx1-ubyte': file('bb300cfdad3c16e7a12a480ee83cd310'),
};

/** Of the archives, as the publisher's page lists them (cs.toronto.edu/~kriz/cifar.html). */
export const cifar10ArchiveMd5 = 'c32a1d4ab5d03f1284b67883e8d87530';
export const cifar100ArchiveMd5 = '03b5dce01913d631647c71ecec9e9cb8';
