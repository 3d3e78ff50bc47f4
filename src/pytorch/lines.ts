import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fromJson } from '../json.ts';

/** A process that answers every request, a line of JSON, with a line of JSON: PyTorch's side, and the peers of the bench. */
export interface LineProcess {
  pid: number | undefined;
  /** `performance.now()` when it was started. */
  startedAt: number;
  /** Its first line, which comes unasked; null: it ended before that. */
  first: Answer | null;
  /** Why it gave up: the last line of its stderr that names an error, or the last one. Comes when it ends. */
  complaint: Promise<string>;
  /** `bytes` follow the request, whose field `bytes` has their number. null: the process has ended. */
  ask(request: object, bytes?: Uint8Array): Promise<Answer | null>;
  stop(): void;
}

export type Answer = Record<string, unknown>;

/** Starts a process and waits for its first line. */
export async function startLines(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<LineProcess> {
  const startedAt = performance.now();
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  const complaint = lastComplaint(child);
  const next = lines(child);
  return {
    pid: child.pid,
    startedAt,
    first: await next(),
    complaint,
    async ask(request, bytes = new Uint8Array(0)) {
      child.stdin.write(`${JSON.stringify({ ...request, bytes: bytes.length })}\n`);
      if (bytes.length > 0) child.stdin.write(bytes);
      return next();
    },
    stop: () => void child.kill(),
  };
}

/** The objects of JSON that a process prints, a line each, one by one; null once it has ended. Other lines are of a library. */
function lines(child: ChildProcess): () => Promise<Answer | null> {
  const waiting: ((line: string | null) => void)[] = [];
  const early: string[] = [];
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
    for (const answer of waiting.splice(0)) answer(null);
  };
  const reader = createInterface({ input: child.stdout! });
  reader.on('line', (line) => {
    if (line.startsWith('{')) (waiting.shift() ?? ((value) => early.push(value!)))(line);
  });
  reader.on('close', end);
  child.on('error', end);
  // Of a process that has ended: what was asked is answered with null
  child.stdin!.on('error', () => {});
  return async () => {
    if (early.length === 0 && hasEnded) return null;
    const line = early.shift() ?? (await new Promise<string | null>((done) => waiting.push(done)));
    return line === null ? null : (fromJson(line) as Answer);
  };
}

/** Of what Python and Node write of an error it is the line that says what went wrong; Node's ends with its version. */
function lastComplaint(child: ChildProcess): Promise<string> {
  let text = '';
  child.stderr!.on('data', (chunk) => {
    text = `${text}${chunk}`.slice(-4000);
  });
  return new Promise((done) => {
    child.on('error', ({ message }) => done(message));
    child.on('close', () => {
      const said = text.trim().split('\n');
      done((said.findLast((line) => line.includes('Error')) ?? said.at(-1)) || 'it said nothing');
    });
  });
}
