import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { packageFolder } from '../../runs/version.ts';
import { pagePort } from '../../teach/pageAddress.ts';
import { integer } from '../arguments.ts';
import { UsageError } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { type Output, outputOf } from '../output.ts';
import { serverOf } from '../play/server.ts';

interface Options {
  port: number;
  open?: boolean;
}

const examples: Example[] = [
  ['normgrad play', 'then open the address that it prints'],
  ['normgrad play --open', 'opens it'],
  ['normgrad play "#/paths?norm=rms" --open', 'one panel, in a state that somebody sent'],
];

const remark =
  'The page needs no server of ours: docs/page may lie on any static host. Served from here its kernels run on threads, too.';

/** `play`: serves the interactive page to this machine. */
export function register(command: Command): void {
  command
    .argument('[state]', 'what stands behind the # of an address', '')
    .addOption(new Option('--port <n>', 'of 127.0.0.1; 0: any free one').argParser(portOf).default(pagePort))
    .option('--open', 'in the browser')
    .action(run);
  addExamples(command, examples, remark);
}

async function run(state: string, { port, open }: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const folder = join(packageFolder, 'docs');
  if (!existsSync(join(folder, 'page/index.html'))) {
    throw new UsageError(`play: the page is not in ${join(folder, 'page')}`, [
      'in a clone it is built by: npm run page',
    ]);
  }
  const server = serverOf(folder);
  const url = `http://127.0.0.1:${await listen(server, port)}/page/${state && `#${state.replace(/^#/, '')}`}`;
  output.result(url);
  output.event('serving', { url, folder });
  output.note('Ctrl-C ends it.');
  if (open) openInBrowser(url, output);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });
  server.close();
  server.closeAllConnections();
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') reject(error);
      else
        reject(
          new UsageError(`play: port ${port} is taken, perhaps by another play`, ['any free one: --port 0']),
        );
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

const openers: Partial<Record<NodeJS.Platform, [string, string[]]>> = {
  darwin: ['open', []],
  win32: ['rundll32', ['url.dll,FileProtocolHandler']],
};

function openInBrowser(url: string, output: Output): void {
  const [program, args] = openers[process.platform] ?? ['xdg-open', []];
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', ({ message }) =>
    output.warn(`the browser was not opened (${message}): open ${url} yourself`),
  );
  child.unref();
}

function portOf(text: string): number {
  const port = integer(text);
  if (port < 0 || port > 65535) throw new InvalidArgumentError('It must be 0 to 65535.');
  return port;
}
