import { runCommand } from '../../src/cli/program.ts';

/** Where a command seems to run. */
interface Place {
  /** Of a terminal; without it both streams are pipes. */
  columns?: number;
  /** The script that seems to have started it (src/typed.node.ts). */
  launcher?: string;
}

/** Runs a command in this process, which saves a second: for what needs no signals and no stdin. `all` is in the order of writing. */
export async function inProcess(args: readonly string[], { columns, launcher = '' }: Place = {}) {
  const streams = { stdout: process.stdout, stderr: process.stderr };
  const written = { stdout: '', stderr: '', all: '' };
  const before = { exitCode: process.exitCode, launcher: process.env.NORMGRAD_LAUNCHER };
  const restore = Object.entries(streams).map(([name, stream]) => {
    const own = { write: stream.write, isTTY: stream.isTTY, columns: stream.columns };
    const write = (text: string) => {
      written[name as 'stdout' | 'stderr'] += text;
      written.all += text;
      return true;
    };
    Object.assign(stream, { write, isTTY: columns !== undefined, columns });
    return () => Object.assign(stream, own);
  });
  process.env.NORMGRAD_LAUNCHER = launcher;
  process.exitCode = undefined;
  try {
    await runCommand(args);
    return { ...written, code: Number(process.exitCode ?? 0) };
  } finally {
    for (const each of restore) each();
    process.exitCode = before.exitCode;
    process.env.NORMGRAD_LAUNCHER = before.launcher ?? '';
  }
}
