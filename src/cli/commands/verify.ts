import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { letEventsRun } from '../../train/eventLoop.ts';
import { type VerifyCase, type VerifyReport, verifyFile } from '../../verify/index.ts';
import { normEntry } from '../arguments.ts';
import { EXIT, UsageError } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { type Output, outputOf } from '../output.ts';
import { numeric, tableText, verdicts } from '../table.ts';

const examples: Example[] = [
  ['normgrad verify test/golden/core.json', "PyTorch's numbers, in this repository"],
  ['normgrad verify test/golden/*.json --json'],
];

const remark =
  'Exit code 1 if a case is outside of its tolerance or none was compared, 2 for a file that cannot be read. A case whose ' +
  'operation this engine does not have is listed as not covered, and counts neither way.';

/** `verify FILE…`: this engine against golden files, case by case, in float64 and float32. */
export function register(command: Command): void {
  command
    .argument('<file...>', 'golden files (their format: test/golden/README.md)')
    .option('--norm <file>', 'a norm of your own, whose `golden` says how it computes cases')
    .action(run);
  addExamples(command, examples, remark);
}

async function run(files: string[], { norm }: { norm?: string }, command: Command): Promise<void> {
  const output = outputOf(command);
  if (norm !== undefined) await normEntry(norm);
  const contents = await Promise.all(files.map(read));
  const reports: VerifyReport[] = [];
  for (const [i, content] of contents.entries()) {
    const report = verifyFile(content, { file: files[i] });
    reports.push(report);
    for (const each of report.cases) output.event('case', { file: files[i], ...each });
    output.result(fileText(files[i], report, output));
    await letEventsRun();
  }
  const total = (key: 'passed' | 'failed' | 'notCovered') =>
    reports.reduce((sum, each) => sum + each[key], 0);
  const counts = { passed: total('passed'), failed: total('failed'), notCovered: total('notCovered') };
  output.result(`${counts.passed} passed, ${counts.failed} failed, ${counts.notCovered} not covered`);
  output.event('result', counts);
  if (counts.failed > 0 || counts.passed === 0) process.exitCode = EXIT.failed;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`, [
      'give the path of a golden file',
    ]);
  }
}

/** One line per case: the worst error in each precision, relative to the largest value of its tensor. */
function fileText(file: string, { source, cases }: VerifyReport, output: Output): string {
  const { red, dim, bold } = output.stdout;
  const covered = cases.filter(({ status }) => status !== 'not covered');
  const rows = covered.map((each) => [
    each.name,
    each.op,
    worst(each, 'float64'),
    worst(each, 'float32'),
    each.status === 'passed' ? '✓' : '✗',
  ]);
  const table = tableText(
    ['case', 'op', numeric('float64'), numeric('float32'), verdicts(output)],
    rows,
    output,
  );
  const failures = covered.flatMap(({ name, runs }) =>
    runs
      .filter(({ passed }) => !passed)
      .map(({ dtype, tolerance, worst: found, message }) => {
        const where = found === null ? message : `${found.tensor} is off by ${found.error.toExponential(1)}`;
        return `${red('✗')} ${name} in ${dtype}: ${where} (tolerance ${tolerance})`;
      }),
  );
  const lacking = cases
    .filter(({ status }) => status === 'not covered')
    .map(({ name, lacks }) => `${name} (no ${lacks.join(', ')})`);
  return [
    `${bold(basename(file))}  ${dim(source)}`,
    ...(covered.length > 0 ? [table] : []),
    ...failures,
    ...(lacking.length > 0 ? [`not covered: ${lacking.join(', ')}`] : []),
    '',
  ].join('\n');
}

function worst({ runs }: VerifyCase, dtype: string): string {
  const run = runs.find((each) => each.dtype === dtype);
  if (run?.worst) return run.worst.error.toExponential(1);
  return run?.passed ? 'empty' : 'threw';
}
