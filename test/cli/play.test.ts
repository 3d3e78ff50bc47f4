import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serverOf } from '../../src/cli/play/server.ts';
import { packageFolder } from '../package.ts';

let folder: string;
let server: Server;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'normgrad-play-'));
  mkdirSync(join(folder, 'docs/page'), { recursive: true });
  writeFileSync(join(folder, 'docs/page/index.html'), '<p>the page</p>');
  writeFileSync(join(folder, 'docs/batch.md'), '# BatchNorm');
  writeFileSync(join(folder, 'secret.md'), 'not for you');
  server = serverOf(join(folder, 'docs'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** As it is, without a client that would tidy up the path. */
function fetched(path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  const { port } = server.address() as AddressInfo;
  return new Promise<{ status: number; headers: IncomingMessage['headers']; text: string }>(
    (resolve, reject) => {
      const request = get({ host: '127.0.0.1', port, path, ...options }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      });
      request.on('error', reject);
    },
  );
}

it('serves the page with the headers that threads need, under a policy that lets nothing else in', async () => {
  const { status, headers, text } = await fetched('/page/');
  expect([status, text]).toEqual([200, '<p>the page</p>']);
  expect(headers).toMatchObject({
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'x-content-type-options': 'nosniff',
  });
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:;/,
  );
  expect((await fetched('/')).headers.location).toBe('/page/');
  expect((await fetched('/batch.md')).headers['content-type']).toBe('text/plain; charset=utf-8');
});

it.each([
  '/../secret.md',
  '/%2e%2e/secret.md',
  '/page/..%2f..%2fsecret.md',
  '/%',
  '/a%00.md',
  '//evil.example/',
])('has no file at %s', async (path) => {
  const { status, text } = await fetched(path);
  expect(status).toBe(404);
  expect(text).not.toContain('not for you');
});

it('answers nobody who calls it by the name of another site, and takes nothing', async () => {
  expect((await fetched('/page/', { headers: { host: 'evil.example' } })).status).toBe(403);
  expect((await fetched('/page/', { method: 'POST' })).status).toBe(405);
});

it('prints its address, serves the built page until it is told to end, and says that a port is taken', async () => {
  const play = (port: string) =>
    spawn(process.execPath, [join(packageFolder, 'bin/normgrad.mjs'), 'play', '--port', port]);
  const first = play('0');
  const [url] = (await once(first.stdout, 'data')).map(String).map((text) => text.trim());
  expect(await (await fetch(url)).text()).toContain('id="page"');

  const second = play(new URL(url).port);
  const said = once(second.stderr, 'data');
  expect((await once(second, 'exit'))[0]).toBe(2);
  expect(String(await said)).toContain(`port ${new URL(url).port} is taken`);

  first.kill('SIGINT');
  expect((await once(first, 'exit'))[0]).toBe(0);
});
