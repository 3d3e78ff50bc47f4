import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataError } from '../../src/data/errors.ts';
import { type DownloadProgress, download } from '../../src/data/files/download.node.ts';
import { type Behaviour, startServer, type TestServer } from './server.ts';

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 257);
const half = content.subarray(0, 150_000);
/** Right when every byte is. */
const mostBytes = 1e6;
const check = async (path: string) => (readFileSync(path).equals(content) ? undefined : 'wrong checksum');

let folder: string;
let target: string;
let part: string;
let servers: TestServer[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'normgrad-download-'));
  target = join(folder, 'file.gz');
  part = `${target}.part`;
  servers = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

async function serve(behaviour: Behaviour = {}, file = content): Promise<TestServer> {
  const server = await startServer({ file }, behaviour);
  servers.push(server);
  return server;
}
const fetchFrom = (...from: TestServer[]) =>
  download({ urls: from.map(({ url }) => `${url}/file`), target, check, mostBytes });
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('should have failed'),
    (error: unknown) => error as DataError,
  );

test('downloads, reports progress, and leaves only the finished file', async () => {
  const server = await serve();
  const seen: DownloadProgress[] = [];
  const url = await download({
    urls: [`${server.url}/file`],
    target,
    check,
    mostBytes,
    onProgress: (progress) => seen.push(progress),
  });
  expect(url).toBe(`${server.url}/file`);
  expect(readFileSync(target).equals(content)).toBe(true);
  expect(existsSync(part)).toBe(false);
  expect(seen[0]).toEqual({ file: 'file.gz', url, received: 0, total: 300_000 });
  expect(seen.at(-1)).toEqual({ file: 'file.gz', url, received: 300_000, total: 300_000 });
  expect(seen.map(({ received }) => received)).toEqual(
    seen.map(({ received }) => received).toSorted((a, b) => a - b),
  );
});

test('falls back to the next mirror', async () => {
  const [refuses, gone, serves] = [await serve({ status: 403 }), await serve(), await serve()];
  await gone.close();
  expect(await fetchFrom(refuses, gone, serves)).toBe(`${serves.url}/file`);
  expect(readFileSync(target).equals(content)).toBe(true);
});

test('a broken transfer is taken up where it broke', async () => {
  const server = await serve({ breakAfter: 100_000, breaks: 1 });
  await fetchFrom(server);
  expect(readFileSync(target).equals(content)).toBe(true);
  expect(server.requests[0]).toBe('GET /file');
  expect(server.requests[1]).toMatch(/^GET \/file bytes=\d+-$/);
});

test('what an earlier call left is resumed, on another mirror too', async () => {
  writeFileSync(part, half);
  const [refuses, serves] = [await serve({ status: 500 }), await serve()];
  await fetchFrom(refuses, serves);
  expect(serves.requests).toEqual(['GET /file bytes=150000-']);
  expect(readFileSync(target).equals(content)).toBe(true);
});

test('a server without ranges sends the file from the start', async () => {
  writeFileSync(part, half);
  const server = await serve({ ranges: false });
  await fetchFrom(server);
  expect(readFileSync(target).equals(content)).toBe(true);
});

test('a part that is already complete needs no more bytes; one that is too long is dropped', async () => {
  writeFileSync(part, content);
  const server = await serve();
  await fetchFrom(server);
  expect(server.requests).toEqual(['GET /file bytes=300000-']);

  writeFileSync(part, new Uint8Array(400_000));
  await fetchFrom(server);
  expect(server.requests.slice(1)).toEqual(['GET /file bytes=400000-', 'GET /file']);
  expect(readFileSync(target).equals(content)).toBe(true);
});

test('a server that sends more than such a file has is left, and the next mirror tried', async () => {
  const long = await serve({}, Buffer.alloc(mostBytes + 1));
  const right = await serve();
  expect(await fetchFrom(long, right)).toBe(`${right.url}/file`);
  const error = await failure(fetchFrom(long));
  expect(error.hint.join('\n')).toContain('sends 1000001 bytes or more, and such a file has 1000000 at most');
  expect(existsSync(part)).toBe(false);
});

test('a folder that cannot be made is said at once, also where the system says that it does not exist', async () => {
  const urls = ['http://127.0.0.1:9/file'];
  const nowhere = existsSync('/proc/self') ? '/proc/no/such' : join(import.meta.filename, 'below');
  const error = await failure(download({ urls, target: join(nowhere, 'file'), check, mostBytes }));
  expect(error.message).toContain(`Cannot write ${join(nowhere, 'file')}`);
  expect(error.hint[0]).toContain('NORMGRAD_CACHE');
});

test('a wrong checksum is refused and removed, and the next mirror tried', async () => {
  const wrong = await serve({}, new Uint8Array(300_000));
  const error = await failure(fetchFrom(wrong));
  expect(error).toBeInstanceOf(DataError);
  expect(error.code).toBe('DOWNLOAD_FAILED');
  expect(error.hint.join('\n')).toContain(`tried ${wrong.url}/file: wrong checksum`);
  expect(existsSync(target)).toBe(false);
  expect(existsSync(part)).toBe(false);

  await fetchFrom(wrong, await serve());
  expect(readFileSync(target).equals(content)).toBe(true);
});

test('a part with wrong bytes is found out, and the file fetched again from the start', async () => {
  writeFileSync(part, new Uint8Array(150_000));
  const server = await serve();
  await fetchFrom(server);
  expect(server.requests).toEqual(['GET /file bytes=150000-', 'GET /file']);
  expect(readFileSync(target).equals(content)).toBe(true);
});

test('when every server breaks off, the part stays and the next call goes on from it', async () => {
  const bad = await serve({ breakAfter: 50_000 });
  const error = await failure(fetchFrom(bad));
  expect(error.code).toBe('DOWNLOAD_FAILED');
  expect(bad.requests.length).toBe(4);
  const kept = readFileSync(part);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.equals(content.subarray(0, kept.length))).toBe(true);
  expect(existsSync(target)).toBe(false);

  const good = await serve();
  await fetchFrom(good);
  expect(good.requests).toEqual([`GET /file bytes=${kept.length}-`]);
});

test('an abort, as by Ctrl-C, leaves a part that resumes', async () => {
  const server = await serve({ breakAfter: 100_000, hangs: true });
  const stop = new AbortController();
  const error = await failure(
    download({
      urls: [`${server.url}/file`],
      target,
      check,
      mostBytes,
      signal: stop.signal,
      onProgress: ({ received }) => received > 0 && stop.abort(),
    }),
  );
  expect((error as Error).name).toBe('AbortError');
  expect(existsSync(target)).toBe(false);
  const kept = readFileSync(part).length;
  expect(kept).toBeGreaterThan(0);

  const good = await serve();
  await fetchFrom(good);
  expect(good.requests).toEqual([`GET /file bytes=${kept}-`]);
});

test('a server that goes silent is given up', async () => {
  const silent = await serve({ breakAfter: 0, hangs: true });
  const url = `${silent.url}/file`;
  const error = await failure(download({ urls: [url], target, check, mostBytes, stallMs: 50 }));
  expect(error.hint[0]).toContain('no data for 0.05 s');
});

test.skipIf(!existsSync('/dev/full'))('a full disk says so and asks no other server', async () => {
  symlinkSync('/dev/full', part);
  const [first, second] = [await serve(), await serve()];
  const error = await failure(fetchFrom(first, second));
  expect(error.message).toMatch(/^Cannot write .*file\.gz\.part: ENOSPC/);
  expect(error.hint[0]).toMatch(/^Free some space/);
  expect(second.requests).toEqual([]);
});
