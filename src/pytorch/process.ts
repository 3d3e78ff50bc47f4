import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { checkVariable } from '../environment.ts';
import { PytorchError } from '../errors.ts';

/** A Python process with PyTorch, which answers a line of JSON to each request. */
export interface Torch {
  /** What its first line says: the versions. */
  versions: Readonly<Record<string, unknown>>;
  /** `bytes` follow the request, whose field `bytes` has their number. Throws a PytorchError where the process ends. */
  ask(request: object, bytes?: Uint8Array): Promise<Record<string, unknown>>;
  stop(): void;
}

const HOW_TO_GET = [
  'Debian and Ubuntu: apt-get install python3-torch',
  'elsewhere: python3 -m pip install torch (without a GPU: --index-url https://download.pytorch.org/whl/cpu)',
  'NORMGRAD_PYTHON names the Python to use, such as that of a virtual environment',
];

/** Starts `script` with the first Python that has PyTorch; throws a PytorchError that says how to get it where there is none. */
export async function startTorch(script: string, args: readonly string[]): Promise<Torch> {
  const named = checkVariable('NORMGRAD_PYTHON', process.env.NORMGRAD_PYTHON);
  const tried: string[] = [];
  for (const python of named === undefined ? ['python3', '/usr/bin/python3'] : [named]) {
    // -B: no __pycache__ beside the scripts
    const child = spawn(python, ['-B', script, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    const complaint = lastLine(child);
    const answers = lines(child);
    const versions = await answers.next();
    if (versions === null) tried.push(`${python}: ${await complaint}`);
    else
      return {
        versions,
        ask: (request, bytes) => ask(child, answers, request, bytes),
        stop: () => void child.kill(),
      };
  }
  throw new PytorchError(`PyTorch was not found (${tried.join('; ')})`, HOW_TO_GET);
}

async function ask(
  { stdin }: ChildProcess,
  answers: Lines,
  request: object,
  bytes: Uint8Array = new Uint8Array(0),
): Promise<Record<string, unknown>> {
  stdin!.write(`${JSON.stringify({ ...request, bytes: bytes.length })}\n`);
  if (bytes.length > 0) stdin!.write(bytes);
  const answer = await answers.next();
  if (answer === null) throw new PytorchError('the process with PyTorch ended early');
  return answer;
}

interface Lines {
  next(): Promise<Record<string, unknown> | null>;
}

/** The JSON lines that a process prints, one by one; null once it has ended. */
function lines(child: ChildProcess): Lines {
  const waiting: ((line: string | null) => void)[] = [];
  const early: (string | null)[] = [];
  const push = (line: string | null) => (waiting.shift() ?? ((value) => early.push(value)))(line);
  const reader = createInterface({ input: child.stdout! });
  reader.on('line', push);
  reader.on('close', () => push(null));
  child.on('error', () => push(null));
  // Of a process that has ended: what was asked is answered with null
  child.stdin!.on('error', () => {});
  return {
    async next() {
      const line =
        early.length > 0 ? early.shift() : await new Promise<string | null>((done) => waiting.push(done));
      return line ? JSON.parse(line) : null;
    },
  };
}

/** What Python says when it gives up: the last line of its traceback. */
function lastLine(child: ChildProcess): Promise<string> {
  let text = '';
  child.stderr!.on('data', (chunk) => {
    text = `${text}${chunk}`.slice(-4000);
  });
  return new Promise((done) => {
    child.on('error', ({ message }) => done(message));
    child.on('close', () => done(text.trim().split('\n').at(-1) || 'it said nothing'));
  });
}
