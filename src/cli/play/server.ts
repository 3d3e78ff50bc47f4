import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname, extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Serves the folder docs of this package to this machine alone: the page, and the documents that it links to. With the headers
 * that let a page share memory with its workers, so that kernels run on threads, and with a policy that lets nothing of
 * elsewhere in.
 */

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.md': 'text/plain; charset=utf-8',
};

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  // Kernels are WebAssembly, and their threads start from a blob: of our own script.
  'Content-Security-Policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; object-src 'none'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache',
};

/** A server of the folder, which is not listening yet. */
export function serverOf(folder: string): Server {
  return createServer((request, response) => answer(folder, request, response));
}

function answer(
  folder: string,
  { method, url, headers: { host = '' } }: IncomingMessage,
  response: ServerResponse,
): void {
  const refuse = (status: number, why: string) => {
    response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${why}\n`);
  };
  // Another site whose name was made to mean this machine (DNS rebinding) has its own name here.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host))
    return refuse(403, 'This server is for this machine alone.');
  if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'There are files here, to get.');
  const path = pathOf(url ?? '/');
  if (path === '/') {
    response.writeHead(302, { ...headers, Location: '/page/' }).end();
    return;
  }
  const file = path === null ? null : resolve(folder, `.${path.endsWith('/') ? `${path}index.html` : path}`);
  if (file === null || !file.startsWith(folder + sep) || !isFile(file))
    return refuse(404, 'There is no such file.');
  response.writeHead(200, { ...headers, 'Content-Type': types[extname(file)] ?? 'application/octet-stream' });
  if (method === 'HEAD') response.end();
  else
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response);
}

/** null: no path that one can read. */
function pathOf(url: string): string | null {
  try {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
    return path.includes('\0') ? null : path;
  } catch {
    return null;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The folder docs of this package, wherever its code was put. */
export function docsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isOurs(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'docs');
}

function isOurs(description: string): boolean {
  return existsSync(description) && JSON.parse(readFileSync(description, 'utf8')).name === 'normgrad';
}
