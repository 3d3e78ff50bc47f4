/**
 * What the kernels need from the machine they run on. `#platform` resolves to platform.node.ts or
 * platform.browser.ts, and both implement this interface.
 */
export interface Platform {
  /** The value of an environment variable; always undefined in a browser. */
  environment(name: string): string | undefined;
  /** All of a file; throws in a browser. */
  readFile(path: string): Uint8Array;
  /** Writes a file whole, or leaves the old one; throws in a browser. */
  writeFile(path: string, content: Uint8Array): void;
  /** The number of cores this process may use, at least 1. */
  availableThreads(): number;
  /** Bytes of memory that this process may use at most; Infinity where nothing says so. */
  totalMemory(): number;
  /** Switches relaxed SIMD on where the engine hides it behind a flag (Node 20). */
  enableRelaxedSimd(): void;
  /** Whether workers can share memory with this thread (a browser page must be cross-origin isolated). */
  canShareMemory(): boolean;
  /** Whether this thread may sleep in Atomics.wait (a browser window may not). */
  canSleep(): boolean;
  /**
   * Starts a worker that runs `source` with `data` bound to the name `data`. It does not keep the process
   * alive. `onFailure` hears why it stopped, if it stops by itself.
   */
  startWorker(source: string, data: unknown, onFailure: (reason: string) => void): StartedWorker;
}

export interface StartedWorker {
  stop(): void;
}
