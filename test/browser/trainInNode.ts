import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Training } from './training.ts';

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** The training in Node on the same machine, which the browser is compared with. */
    trainInNode: () => Promise<Training>;
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether the server sends the headers that isolate the page, so that it may share memory with Workers. */
    isolated: boolean;
  }
}

/** A command for the browser tests: vitest runs it in Node. */
export async function trainInNode(): Promise<Training> {
  const program = fileURLToPath(new URL('./trainingInNode.ts', import.meta.url));
  const flags = ['--import', 'tsx', '--conditions=normgrad-source'];
  const env = { ...process.env, NORMGRAD_KERNELS: 'wasm' };
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, '2'], { env });
  return JSON.parse(stdout);
}
