import type { Platform } from './platform.ts';

const scope = globalThis as { window?: unknown; crossOriginIsolated?: boolean };

/** A browser's window or worker. */
export const platform: Platform = {
  environment: () => undefined,

  availableThreads: () => navigator.hardwareConcurrency || 1,

  // Browsers that know relaxed SIMD have it switched on.
  enableRelaxedSimd() {},

  canShareMemory: () => scope.crossOriginIsolated === true,

  canSleep: () => scope.window === undefined,

  startWorker(source, data, onFailure) {
    const text = `onmessage = (event) => { const data = event.data;\n${source}\n};`;
    const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    const worker = new Worker(url, { name: 'normgrad kernels' });
    worker.onerror = (event) => onFailure(event.message);
    worker.postMessage(data);
    return {
      stop() {
        worker.terminate();
        URL.revokeObjectURL(url);
      },
    };
  },
};
