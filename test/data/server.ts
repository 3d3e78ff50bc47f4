import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Behaviour {
  /** Answers Range requests (the default), or sends the whole file whatever was asked. */
  ranges?: boolean;
  /** Closes the connection after so many bytes of a body, for the first `breaks` requests. */
  breakAfter?: number;
  breaks?: number;
  /** Sends `breakAfter` bytes and then nothing more. */
  hangs?: boolean;
  status?: number;
}

export interface TestServer {
  url: string;
  /** "GET /name bytes=3-" in the order in which they came. */
  requests: string[];
  close(): Promise<void>;
}

/** Serves `files` by name on 127.0.0.1, as well or as badly as `behaviour` says. */
export async function startServer(
  files: Record<string, Uint8Array>,
  behaviour: Behaviour = {},
): Promise<TestServer> {
  const requests: string[] = [];
  let breaksLeft = behaviour.breaks ?? Number.POSITIVE_INFINITY;

  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    const range = request.headers.range;
    requests.push(`${request.method} ${request.url}${range ? ` ${range}` : ''}`);
    const file = files[request.url!.slice(1)];
    if (behaviour.status !== undefined || !file) {
      response.writeHead(behaviour.status ?? 404).end();
      return;
    }
    const start = range && behaviour.ranges !== false ? Number(/^bytes=(\d+)-$/.exec(range)![1]) : 0;
    if (start > 0 && start >= file.length) {
      response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
      return;
    }
    const body = file.subarray(start);
    const contentRange = { 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` };
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': body.length,
      ...(start > 0 && contentRange),
    });
    if (behaviour.breakAfter === undefined || breaksLeft-- <= 0) {
      response.end(body);
      return;
    }
    response.write(body.subarray(0, behaviour.breakAfter));
    // The pause lets the client take in what was sent: it forgets bytes that arrive together with the end.
    if (!behaviour.hangs) setTimeout(() => response.socket?.end(), 50);
  };

  const server: Server = createServer(respond);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}
