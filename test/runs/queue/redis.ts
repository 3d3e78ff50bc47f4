import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** Why there are no tests with a real Redis here; undefined where there are. */
export const noRedis = missing();

function missing(): string | undefined {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'there is no redis-server (on Debian: apt-get install --no-install-recommends redis-server)';
  }
}

export interface RedisServer {
  url: string;
  child: ChildProcess;
  /** Resolves once the process is gone. */
  gone: Promise<void>;
}

/** A Redis that writes down every command before it answers (append-only file), and reads that when it starts in `folder` again. */
export async function startRedis(folder: string, port: number): Promise<RedisServer> {
  const settings = [
    '--port',
    `${port}`,
    '--dir',
    folder,
    '--appendonly',
    'yes',
    '--save',
    '',
    '--bind',
    '127.0.0.1',
  ];
  const child = spawn('redis-server', settings, { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
  });
  while (!(await answers(port))) await setTimeout(20);
  return { url: `redis://127.0.0.1:${port}`, child, gone };
}

/** A port that nobody listens at. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Not while it is still reading its file. */
function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('error', () => resolve(false));
    socket.on('data', (text) => {
      socket.destroy();
      resolve(text.toString().startsWith('+PONG'));
    });
  });
}
