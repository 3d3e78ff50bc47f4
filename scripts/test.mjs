/**
 * `npm test`: type check, lint and format, and what nothing uses; beside them the package and its types as they would be
 * published; then the tests. All run even if an earlier one fails, and the last line is the verdict, `N passed, N failed`: every test
 * counts as one, and so does each of the other checks. Arguments go to vitest: `npm test -- layerNorm`.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root } from './install.mjs';

ensureInstalled();

// The build needs what has just been installed.
const { makePackage } = await import('./package.mjs');
let packageFolder;

// Two at a time, since none of them keeps two cores busy; the tests have both to themselves.
const [ofSource, ofPackage] = await Promise.all([
  inTurn([
    () => check('type check', 'typescript/bin/tsc', ['--noEmit']),
    () => check('lint', '@biomejs/biome/bin/biome', ['check', '.']),
    () => check('unused', 'knip/bin/knip.js', []),
  ]),
  inTurn([
    async () => {
      packageFolder = await makePackage();
      return [];
    },
    () => check('package', 'publint/src/cli.js', [packageFolder, '--strict']),
    () =>
      check('its types', '@arethetypeswrong/cli/dist/index.js', [
        '--pack',
        packageFolder,
        '--profile',
        'esm-only',
      ]),
  ]),
]);
process.env.TEST_PACKAGE = packageFolder;
const results = [...ofSource, ...ofPackage, await tests(process.argv.slice(2))];
rmSync(packageFolder, { recursive: true });

const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log();
for (const { name, seconds, ...counts } of results) {
  const verdict = counts.failed > 0 ? 'FAILED' : 'ok';
  const numbers = `${counts.passed} passed, ${counts.failed} failed`;
  console.log(
    `${name.padEnd(12)}${verdict.padEnd(8)}${numbers.padEnd(26)}${seconds.toFixed(1).padStart(6)} s`,
  );
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** The results of checks, one after the other. */
async function inTurn(checks) {
  const results = [];
  for (const each of checks) results.push(await each());
  return results.flat();
}

/** Runs one tool of node_modules and counts it as one check. What it says comes all at once, at its end: another runs beside it. */
async function check(name, tool, args) {
  const said = [];
  const { exitCode, seconds } = await run(tool, args, (text) => said.push(text));
  process.stdout.write(`${heading(name)}\n${said.join('')}`);
  return { name, seconds, passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1 };
}

async function tests(args) {
  console.log(heading('tests'));
  const report = join(packageFolder, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { exitCode, seconds } = await run('vitest/vitest.mjs', ['run', ...reporters, ...args]);
  const { passed, failed } = countTests(report);
  // A crash or an error outside of any test fails no test, and is a failure all the same.
  return { name: 'tests', seconds, passed, failed: exitCode !== 0 && failed === 0 ? 1 : failed };
}

/** Tests passed and failed by vitest's report. A file that could not be loaded has no tests: it counts as one. */
function countTests(report) {
  let files;
  try {
    files = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    return { passed: 0, failed: 1 };
  }
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    const failures = file.assertionResults.filter(({ status }) => status === 'failed').length;
    passed += file.assertionResults.filter(({ status }) => status === 'passed').length;
    failed += file.status === 'failed' ? Math.max(1, failures) : failures;
  }
  return { passed, failed };
}

function heading(name) {
  return `\n── ${name} ${'─'.repeat(76 - name.length)}`;
}

/** What it says goes to `onText`, or straight to where ours goes. */
function run(tool, args, onText) {
  const start = performance.now();
  const stdio = onText ? ['ignore', 'pipe', 'pipe'] : 'inherit';
  const child = spawn(process.execPath, [join(root, 'node_modules', tool), ...args], { cwd: root, stdio });
  for (const stream of onText ? [child.stdout, child.stderr] : [])
    stream.setEncoding('utf8').on('data', onText);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`cannot run ${tool}: ${error.message}`);
      resolve({ exitCode: 1, seconds: 0 });
    });
    child.on('close', (status) => {
      resolve({ exitCode: status ?? 1, seconds: (performance.now() - start) / 1000 });
    });
  });
}
