import type { Platform } from './platform.ts';

const scope = globalThis as { window?: unknown; crossOriginIsolated?: boolean };

/** A browser's window or worker. */
export const platform: Platform = {
  environment: () => undefined,

  readFile: noFiles,

  writeFile: noFiles,

  availableThreads: () => navigator.hardwareConcurrency || 1,

  totalMemory: () => Number.POSITIVE_INFINITY,

  // Browsers that know relaxed SIMD have it switched on.
  enableRelaxedSimd() {},

  canShareMemory: () => scope.crossOriginIsolated === true,

  canSleep: () => scope.window === undefined,

  startWorker(source, data, onFailure) {
    const text = `onmessage = (event) => { const data = event.data;\n${source}\n};`;
    const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    const worker = new Worker(url, { name: 'normgrad kernels' });
    // Without a message where the script was not let in, as by a page's Content-Security-Policy.
    worker.onerror = ({ message }) =>
      onFailure(message || 'the browser did not start it (does worker-src allow blob:?)');
    worker.postMessage(data);
    return {
      stop() {
        worker.terminate();
        URL.revokeObjectURL(url);
      },
    };
  },
};

function noFiles(path: string): never {
  throw new Error(
    `${path}: a page has no files. Give and take bytes: load(model, new Uint8Array(await response.arrayBuffer())), save(model).`,
  );
}
