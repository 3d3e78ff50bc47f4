import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { ConfigError, QueueError } from '../../errors.ts';

/**
 * The way to a queue: BullMQ over Redis, two packages that are installed only where machines share no disk, and loaded when
 * a command needs them.
 */
export interface QueueConnection {
  bullmq: typeof import('bullmq');
  client: Redis;
  /** `redis://:***@host:6379`, for messages. */
  name: string;
  close(): void;
}

/** A queue's name unless another is given. */
export const DEFAULT_QUEUE = 'normgrad';
/** For the first contact; once there was one, it is sought for ever. */
const CONNECT_MS = 10_000;
const LONGEST_PAUSE_MS = 2_000;

/** Connects to the Redis at `url`. Throws QueueError where it cannot be reached or the packages are missing. */
export async function connectQueue(url: string): Promise<QueueConnection> {
  const name = nameOf(url);
  const bullmq = await load(() => import('bullmq'));
  const { Redis } = await load(() => import('ioredis'));
  let wasReady = false;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    // Commands wait for a Redis that is restarted, however long that takes.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (wasReady ? Math.min(100 * 2 ** times, LONGEST_PAUSE_MS) : null),
  });
  let problem: Error | undefined;
  client.on('error', (error) => {
    problem = error;
  });
  try {
    await client.connect();
    await client.ping();
    wasReady = true;
  } catch (error) {
    client.disconnect();
    throw new QueueError(`cannot reach Redis at ${name}: ${(problem ?? (error as Error)).message}`, [
      'is it running, and may this machine reach it? redis-cli -u URL ping',
      'a password belongs into the URL: redis://:PASSWORD@HOST:6379',
    ]);
  }
  return { bullmq, client, name, close: () => client.disconnect() };
}

/**
 * `fn` with the queue of that name. Aborting ends it in the middle of a command, quietly, since a Redis that is gone would be waited
 * for.
 */
export async function withQueue(
  url: string,
  name: string,
  signal: AbortSignal | undefined,
  fn: (queue: Queue, redis: Redis) => Promise<void>,
): Promise<void> {
  const connection = await connectQueue(url);
  const { client, close } = connection;
  const queue = new connection.bullmq.Queue(name, { connection: client });
  queue.on('error', () => {});
  signal?.addEventListener('abort', close);
  try {
    if (!signal?.aborted) await fn(queue, client);
  } catch (error) {
    if (!signal?.aborted) throw asQueueError(error, connection);
  } finally {
    signal?.removeEventListener('abort', close);
    close();
  }
}

/** What Redis refused to do, in words; any other error as it is. */
export function asQueueError(error: unknown, { name }: QueueConnection): unknown {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return error;
  const hint = 'it is full: give it more memory (maxmemory), with the policy noeviction';
  return new QueueError(`Redis at ${name}: ${error.message}`, error.message.startsWith('OOM') ? [hint] : [], {
    cause: error,
  });
}

function nameOf(url: string): string {
  const hint = ['like this: redis://host:6379, or rediss:// for TLS'];
  if (!URL.canParse(url)) throw new ConfigError('redis', 'must be the URL of a Redis', hint);
  const parsed = new URL(url);
  if (!['redis:', 'rediss:'].includes(parsed.protocol)) {
    throw new ConfigError('redis', `must begin with redis:// or rediss://, got ${parsed.protocol}`, hint);
  }
  if (parsed.password !== '') parsed.password = '***';
  return parsed.href;
}

async function load<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    throw new QueueError(
      `a queue needs the packages bullmq and ioredis (${(error as Error).message.split('\n')[0]})`,
      [
        'install them: npm install bullmq ioredis',
        'or share a folder, which needs nothing: several machines may run the same sweep in it',
      ],
      { cause: error },
    );
  }
}
