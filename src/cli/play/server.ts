import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { extname, resolve, sep } from 'node:path';

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
  return createServer((request, response) => {
    const { status, headers: more, text, file } = answer(folder, request);
    response.writeHead(status, { ...headers, ...more });
    if (file === undefined || request.method === 'HEAD') response.end(text);
    else
      createReadStream(file)
        .on('error', () => response.destroy())
        .pipe(response);
  });
}

interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  text?: string;
  /** The path of what is sent. */
  file?: string;
}

function answer(folder: string, { method, url = '/', headers: { host = '' } }: IncomingMessage): Answer {
  // Another site whose name was made to mean this machine (DNS rebinding) has its own name here.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host))
    return refusal(403, 'This server is for this machine alone.');
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, 'There are files here, to get.');
  const path = pathOf(url);
  if (path === '/' || path === '/page') return { status: 302, headers: { Location: '/page/' } };
  const file = path && resolve(folder, `.${path.endsWith('/') ? `${path}index.html` : path}`);
  if (!file?.startsWith(folder + sep)) return refusal(404, 'There is no such file.');
  const type = { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' };
  if (isFile(file)) return { status: 200, headers: type, file };
  // As the package has the large ones.
  const compressed = `${file}.gz`;
  if (!isFile(compressed)) return refusal(404, 'There is no such file.');
  return { status: 200, headers: { ...type, 'Content-Encoding': 'gzip' }, file: compressed };
}

function refusal(status: number, why: string): Answer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, text: `${why}\n` };
}

/** null: no path that one can read. */
function pathOf(url: string): string | null {
  try {
    const path = decodeURIComponent(new URL(`http://localhost${url}`).pathname);
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
