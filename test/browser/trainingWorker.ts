import { type Training, trainCnn } from './training.ts';

/** What a Worker of the page is asked for. */
export interface Order {
  threads: number;
  /** As in browsers that have no shared memory at all without isolation (Firefox, Safari). */
  refuseSharedMemory?: boolean;
  /** The browser starts all kernel threads but the last one. */
  loseOne?: boolean;
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  carryOut(data).then(postMessage, reportError);
});

async function carryOut({ threads, refuseSharedMemory, loseOne }: Order): Promise<Training> {
  if (refuseSharedMemory) refuseSharing();
  if (loseOne) {
    await trainCnn(threads - 1);
    const lost = loseNextWorker();
    await trainCnn(threads);
    await lost;
  }
  return trainCnn(threads);
}

function refuseSharing(): void {
  WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
    construct(Memory, [descriptor]: [WebAssembly.MemoryDescriptor]) {
      if (descriptor.shared) throw new WebAssembly.LinkError('shared memory is disabled');
      return new Memory(descriptor);
    },
  });
}

/** Gives the next worker a script that does not exist; resolves once its failure has been told. */
function loseNextWorker(): Promise<void> {
  return new Promise((resolve) => {
    const Original = Worker;
    globalThis.Worker = new Proxy(Worker, {
      construct(_, [url, options]: [URL, WorkerOptions]) {
        globalThis.Worker = Original;
        const worker = new Original(`${url}-lost`, options);
        worker.addEventListener('error', () => setTimeout(resolve));
        return worker;
      },
    });
  });
}
