import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { makeFolder } from '../../makeFolder.node.ts';
import { DataError } from '../errors.ts';
import { diskError, fileSize } from './files.node.ts';

export interface DownloadProgress {
  file: string;
  url: string;
  /** Bytes on disk so far, those of an earlier attempt included. */
  received: number;
  /** Undefined when the server does not say. */
  total?: number;
}

export interface DownloadOptions {
  /** The same file in several places, tried in this order. */
  urls: readonly string[];
  /** Appears, complete and checked, only at the end; until then its bytes are in `${target}.part`. */
  target: string;
  /** No such file is longer: a server that sends more sends another one, perhaps without an end. */
  mostBytes: number;
  /** Looks at the finished `.part` file: undefined when it is right, else what is wrong with it. */
  check: (path: string) => Promise<string | undefined>;
  onProgress?: (progress: DownloadProgress) => void;
  /** Stops the transfer; the `.part` file stays, and the next call goes on from there. */
  signal?: AbortSignal;
  /** Give up on a server that sends nothing for so long. */
  stallMs?: number;
}

/** Attempts per URL: a connection that breaks is taken up again where it broke. */
const attempts = 4;

/** Downloads a file, resuming what an earlier call left, and returns the URL that served it. */
export async function download(options: DownloadOptions): Promise<string> {
  const { urls, target, check, signal } = options;
  const part = `${target}.part`;
  const failures: string[] = [];
  try {
    makeFolder(dirname(target));
  } catch (error) {
    throw diskError(target, error);
  }

  for (const url of urls) {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const before = (await fileSize(part)) ?? 0;
      try {
        await transfer(url, part, before, options);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof DataError) throw error;
        failures.push(`${url}: ${reason(error)}`);
        if (error instanceof BrokenTransfer) continue;
        if (error instanceof TooLong) await rm(part, { force: true });
        break;
      }
      const problem = await check(part);
      if (problem === undefined) {
        await rename(part, target);
        return url;
      }
      await rm(part);
      failures.push(`${url}: ${problem}`);
      // Bytes kept from another server may be the ones at fault: once more from the start, else the next server.
      if (before === 0) break;
    }
  }
  throw new DataError('DOWNLOAD_FAILED', `Could not download ${basename(target)}.`, [
    ...failures.map((failure) => `tried ${failure}`),
    'Check the connection and call again (a partial download is resumed), or fetch the file by other means and use --from.',
  ]);
}

/** The server answered, but its answer broke off: worth another attempt. */
class BrokenTransfer extends Error {}

class TooLong extends Error {}

async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  try {
    if (response.body) yield* response.body;
  } catch (cause) {
    throw new BrokenTransfer(`the transfer broke off: ${reason(cause)}`, { cause });
  }
}

/** Appends to `part` (its first `have` bytes are there) what `url` still has to give. */
async function transfer(url: string, part: string, have: number, options: DownloadOptions): Promise<void> {
  const stall = new AbortController();
  const stallMs = options.stallMs ?? 30_000;
  const stalled = () => stall.abort(new Error(`no data for ${stallMs / 1000} s`));
  let timer = setTimeout(stalled, stallMs);
  const failOnDisk = (error: unknown) => {
    throw diskError(part, error);
  };
  try {
    const response = await fetch(url, {
      // The published checksums are of the files as they lie on the server: no compression on the way.
      headers: { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) },
      signal: options.signal ? AbortSignal.any([options.signal, stall.signal]) : stall.signal,
    });
    const plan = planTransfer(response, have);
    if (plan === 'complete') return;
    if (plan === 'restart') {
      await response.body?.cancel();
      await rm(part);
      return await transfer(url, part, 0, options);
    }
    let received = plan.start;
    const refuseLong = (bytes: number) => {
      if (bytes <= options.mostBytes) return;
      throw new TooLong(`sends ${bytes} bytes or more, and such a file has ${options.mostBytes} at most`);
    };
    refuseLong(plan.total ?? 0);
    const report = () =>
      options.onProgress?.({ file: basename(options.target), url, received, total: plan.total });
    const file = await open(part, plan.start > 0 ? 'a' : 'w').catch(failOnDisk);
    try {
      report();
      for await (const chunk of bodyOf(response)) {
        clearTimeout(timer);
        timer = setTimeout(stalled, stallMs);
        await file.writeFile(chunk).catch(failOnDisk);
        received += chunk.length;
        refuseLong(received);
        report();
      }
      await file.sync().catch(failOnDisk);
    } finally {
      await file.close();
    }
    if (plan.total !== undefined && received !== plan.total) {
      throw new BrokenTransfer(`the connection closed after ${received} of ${plan.total} bytes`);
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What a response offers: the place where its bytes start and the length of the whole file; or that the `have` bytes on
 * disk are already complete; or that they cannot be continued.
 */
function planTransfer(
  response: Response,
  have: number,
): { start: number; total?: number } | 'complete' | 'restart' {
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const whole = range && range[2] !== '*' ? Number(range[2]) : undefined;
  if (response.status === 206 && Number(range?.[1]) === have) return { start: have, total: whole };
  if (response.status === 416 && whole === have) return 'complete';
  if (have > 0 && (response.status === 206 || response.status === 416)) return 'restart';
  if (response.status !== 200) {
    response.body?.cancel();
    throw new Error(`HTTP ${response.status} ${response.statusText}`.trim());
  }
  // To a range request, 200 means that the server sends the file from the start.
  // The length of a body compressed on the way says nothing about the file.
  const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  return { start: 0, total: length === null ? undefined : Number(length) };
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof BrokenTransfer) return error.message;
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
