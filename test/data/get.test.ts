import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createTar } from 'nanotar';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DataError } from '../../src/data/errors.ts';
import { sourceFolder } from '../../src/data/files/files.node.ts';
import { type GetOptions, getSource } from '../../src/data/files/get.node.ts';
import { loadDataset } from '../../src/data/files/load.node.ts';
import { verifySource } from '../../src/data/files/verify.node.ts';
import { type CifarSource, type IdxSource, type Source, sources } from '../../src/data/sources.ts';
import { encodeCifar, tinyCifar, tinyMnist } from './encode.ts';
import { startServer, type TestServer } from './server.ts';

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

let folder: string;
let dataDir: string;
let servers: TestServer[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'normgrad-get-'));
  dataDir = join(folder, 'cache');
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

async function serve(files: Record<string, Uint8Array>): Promise<TestServer> {
  const server = await startServer(files);
  servers.push(server);
  return server;
}
function put(files: Record<string, Uint8Array>): string[] {
  mkdirSync(join(folder, 'here'), { recursive: true });
  return Object.entries(files).map(([name, bytes]) => {
    const path = join(folder, 'here', name);
    writeFileSync(path, bytes);
    return path;
  });
}
const statuses = async (source: Source) =>
  (await verifySource(source, join(dataDir, source.folder))).files.map(({ status }) => status);
const failure = (source: Source, options: GetOptions) =>
  getSource(source, { dataDir, ...options }).then(
    () => expect.unreachable('should have failed'),
    (error: unknown) => error as DataError,
  );

describe('IDX', () => {
  const files = tinyMnist();
  const names = Object.keys(files).map((name) => name.replace('.gz', ''));
  /** MNIST, small: its checksums are those of `files`. */
  const tiny = (urls: string[]): IdxSource => ({
    ...sources.mnist,
    urls,
    checksums: Object.fromEntries(
      names.map((name) => [name, { of: 'content', md5: md5(gunzipSync(files[`${name}.gz`])) }]),
    ),
  });

  test('downloads four files, verifies them, and leaves them alone the next time', async () => {
    const server = await serve(files);
    const source = tiny([server.url]);
    expect(await statuses(source)).toEqual(Array(4).fill('missing'));
    const report = await getSource(source, { dataDir });
    expect(report.downloaded).toEqual(names);
    expect(readdirSync(join(dataDir, 'mnist')).sort()).toEqual(Object.keys(files).sort());
    expect(await statuses(source)).toEqual(Array(4).fill('ok'));
    expect((await getSource(source, { dataDir })).present).toEqual(names);
    expect(server.requests.length).toBe(4);
  });

  test('replaces only the file that is damaged', async () => {
    const server = await serve(files);
    const source = tiny([server.url]);
    await getSource(source, { dataDir });
    const path = join(dataDir, 'mnist', `${names[2]}.gz`);
    writeFileSync(path, readFileSync(path).subarray(0, 20));
    expect(await statuses(source)).toEqual(['ok', 'ok', 'invalid', 'ok']);
    expect((await getSource(source, { dataDir })).downloaded).toEqual([names[2]]);
    expect(await statuses(source)).toEqual(Array(4).fill('ok'));
  });

  test('a page served in place of the data is refused; --mirror is tried first', async () => {
    const page = new TextEncoder().encode('<html>moved</html>');
    const portal = await serve(Object.fromEntries(Object.keys(files).map((name) => [name, page])));
    const error = await failure(tiny([portal.url]), {});
    expect(error.code).toBe('DOWNLOAD_FAILED');
    expect(error.hint[0]).toContain('magic number');
    expect(readdirSync(join(dataDir, 'mnist'))).toEqual([]);

    const mirror = await serve(files);
    await getSource(tiny([portal.url]), { dataDir, mirror: `${mirror.url}/` });
    expect(portal.requests.length).toBe(1);
    expect(mirror.requests.length).toBe(4);
  });

  test('--from: files or a folder; other data is taken with a warning', async () => {
    const paths = put(files);
    const some = await getSource(tiny([]), { dataDir, from: paths.slice(0, 3) });
    expect(some).toMatchObject({ brought: names.slice(0, 3), missing: [names[3]], warnings: [] });
    const all = await getSource(tiny([]), { dataDir, from: [join(folder, 'here')] });
    expect(all.missing).toEqual([]);
    expect(all.warnings).toEqual([]);

    const report = await getSource(sources.mnist, { dataDir, from: paths });
    expect(report.warnings.length).toBe(4);
    expect(report.warnings[0]).toContain('differs from');
    expect((await loadDataset('mnist', { dataDir })).train.count).toBe(5);
    const { files: checked } = await verifySource(sources.mnist, sourceFolder(sources.mnist, dataDir));
    expect(checked.map(({ status }) => status)).toEqual(Array(4).fill('differs'));
  });

  test('--from: a plain file takes the place of an older gzipped one', async () => {
    await getSource(tiny([]), { dataDir, from: put(files) });
    const [plain] = put({ [names[0]]: gunzipSync(files[`${names[0]}.gz`]) });
    await getSource(tiny([]), { dataDir, from: [plain] });
    expect(existsSync(join(dataDir, 'mnist', names[0]))).toBe(true);
    expect(existsSync(join(dataDir, 'mnist', `${names[0]}.gz`))).toBe(false);
  });

  test('--from: names with a dot; an older copy under another name goes', async () => {
    const [dotted] = put({ [names[0].replace('-idx', '.idx')]: gunzipSync(files[`${names[0]}.gz`]) });
    const source = tiny([]);
    await getSource(source, { dataDir, from: put(files) });
    expect(await getSource(source, { dataDir, from: [dotted] })).toMatchObject({
      brought: [names[0]],
      missing: [],
    });
    const there = readdirSync(sourceFolder(source, dataDir));
    expect(there).toContain(names[0].replace('-idx', '.idx'));
    expect(there).not.toContain(`${names[0]}.gz`);
  });

  test('--from: refuses what cannot be read or is something else, and leaves nothing behind', async () => {
    const [broken, other] = put({
      't10k-images-idx3-ubyte.gz': files['t10k-images-idx3-ubyte.gz'].subarray(0, 25),
      'holiday.jpg': new Uint8Array(9),
    });
    expect((await failure(tiny([]), { from: [broken] })).message).toContain(broken);
    const nothing = await failure(tiny([]), { from: [other] });
    expect(nothing.message).toBe(`No file of MNIST in: ${other}.`);
    expect(nothing.hint[0]).toContain('train-images-idx3-ubyte');
    expect((await failure(tiny([]), { from: ['no-such-file'] })).message).toContain(
      '--from no-such-file: ENOENT',
    );
    expect(existsSync(join(dataDir, 'mnist'))).toBe(false);
  });
});

describe('CIFAR', () => {
  const batch = encodeCifar(tinyCifar(2, [10]));
  const batchNames = [...sources.cifar10.train, ...sources.cifar10.test];
  const tarOf = (members: string[]) =>
    gzipSync(
      createTar([
        ...members.map((name) => ({ name: `cifar-10-batches-bin/${name}`, data: batch })),
        { name: 'cifar-10-batches-bin/batches.meta.txt', data: 'airplane\n' },
      ]),
    );
  const archive = tarOf(batchNames);
  const archiveName = 'cifar-10-binary.tar.gz';
  const tiny = (urls: string[]): CifarSource => ({
    ...sources.cifar10,
    urls,
    archive: { file: archiveName, md5: md5(archive) },
  });

  test('downloads and unpacks the archive; its files count as verified', async () => {
    const server = await serve({ [archiveName]: archive });
    const source = tiny([server.url]);
    expect((await getSource(source, { dataDir })).downloaded).toEqual(batchNames);
    expect(await statuses(source)).toEqual(Array(6).fill('ok'));
    expect(existsSync(join(dataDir, archiveName))).toBe(false);
    expect(readdirSync(join(dataDir, source.folder)).length).toBe(8);
    expect((await loadDataset('cifar10', { dataDir })).train.count).toBe(10);
    expect((await getSource(source, { dataDir })).present).toEqual(batchNames);
    expect(server.requests.length).toBe(1);

    writeFileSync(join(dataDir, source.folder, 'test_batch.bin'), encodeCifar(tinyCifar(3, [10])));
    expect((await statuses(source)).at(-1)).toBe('differs');
  });

  test('an archive with the wrong checksum is never unpacked', async () => {
    const server = await serve({ [archiveName]: tarOf([...batchNames].reverse()) });
    const error = await failure(tiny([server.url]), {});
    expect(error.hint[0]).toContain('MD5');
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('--from an archive: another one is taken with a warning, and stays "differs"', async () => {
    const from = put({ [archiveName]: archive });
    expect((await getSource(tiny([]), { dataDir, from })).warnings).toEqual([]);
    const report = await getSource(sources.cifar10, { dataDir, from });
    expect(report.warnings).toEqual([expect.stringContaining('archive MD5')]);
    const { train } = await loadDataset('cifar10', { dataDir });
    expect(train.warnings[0]).toContain('differs from c32a1d4ab5d03f1284b67883e8d87530');
  });

  test('--from an archive that is incomplete or cut: refused, nothing written', async () => {
    const lacks = put({ 'lacks.tar.gz': tarOf(batchNames.slice(1)) });
    expect((await failure(tiny([]), { from: lacks })).message).toContain('without data_batch_1.bin');
    const cut = put({ 'cut.tar.gz': archive.subarray(0, archive.length / 2) });
    expect((await failure(tiny([]), { from: cut })).message).toContain('breaks off');
    const cutInside = put({ 'cut.tar': gunzipSync(archive).subarray(0, 9000) });
    expect((await failure(tiny([]), { from: cutInside })).code).toBe('DATA_INVALID');
    expect(existsSync(dataDir)).toBe(false);
  });

  test('--from batch files: unverified, unless an archive was unpacked that they are part of', async () => {
    const from = put(Object.fromEntries(batchNames.map((name) => [name, batch])));
    const report = await getSource(tiny([]), { dataDir, from });
    expect(report.warnings[0]).toContain('not verified against the published archive');
    expect(await statuses(tiny([]))).toEqual(Array(6).fill('unverified'));
  });
});
