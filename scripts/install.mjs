/**
 * The pre-step of every script here: dependencies are installed when they are missing or not those of
 * package-lock.json, so that a fresh clone needs no `npm install`. Imports nothing but Node itself.
 *
 * What is installed is read from npm's own record, node_modules/.package-lock.json, and compared by content: the
 * times of files say nothing after a git checkout. Takes a few milliseconds when all is well.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Exit codes of the command line (src/cli): 2 usage or configuration, 3 data, network or disk. */
const EXIT_CONFIGURATION = 2;
const EXIT_NETWORK = 3;

/** Installs what package-lock.json of a folder asks for if it is not there; ends the process, saying why, if it cannot. */
export function ensureInstalled(folder = root, moreFlags = []) {
  checkNodeVersion();
  const reason = whyInstall(folder);
  if (reason === undefined) return;
  const place = relative(root, folder);
  say(`normgrad: installing dependencies with npm ci${place && ` in ${place}`} (${reason})…`);
  // npm's output goes to stderr: stdout belongs to the command. The flags undo what the caller's environment may
  // say: NODE_ENV=production leaves out tsx, and npm run -s would silence npm's reason for failing.
  const flags = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error', ...moreFlags];
  const options = { cwd: folder, stdio: ['ignore', 2, 2] };
  const npmScript = process.env.npm_execpath;
  const { status, signal, error } = npmScript?.endsWith('npm-cli.js')
    ? spawnSync(process.execPath, [npmScript, ...flags], options)
    : spawnSync('npm', flags, { ...options, shell: process.platform === 'win32' });
  if (error?.code === 'ENOENT') {
    stop('npm was not found. It comes with Node: https://nodejs.org', EXIT_CONFIGURATION);
  }
  if (status !== 0) {
    stop(
      `npm ci failed (${error?.message ?? signal ?? `exit code ${status}`}); its message is above.\n` +
        '  network or proxy?   npm config get registry, npm config get proxy; then try again\n' +
        `  disk or rights?     npm must be able to write ${join(folder, 'node_modules')}\n` +
        `  by hand:            cd "${folder}" && npm ci`,
      EXIT_NETWORK,
    );
  }
}

function checkNodeVersion() {
  const minimum = readJson(join(root, 'package.json')).engines.node.replace(/^>=\s*/, '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [minimumMajor, minimumMinor] = minimum.split('.').map(Number);
  if (major > minimumMajor || (major === minimumMajor && minor >= minimumMinor)) return;
  stop(
    `Node ${minimum} or newer is needed; this is Node ${process.versions.node} (${process.execPath}).\n` +
      '  Get a newer one from https://nodejs.org, or with nvm install 22, and run the same command again.',
    EXIT_CONFIGURATION,
  );
}

/** Why `npm ci` is needed, in a few words, or undefined when every locked package is installed as locked. */
function whyInstall(folder) {
  if (!existsSync(join(folder, 'node_modules'))) return 'first run: node_modules is missing';
  if (!existsSync(join(folder, 'node_modules/.package-lock.json'))) return 'node_modules is incomplete';
  const installed = readJson(join(folder, 'node_modules/.package-lock.json')).packages;
  for (const [path, locked] of Object.entries(readJson(join(folder, 'package-lock.json')).packages)) {
    if (path === '' || !isNeededHere(locked)) continue;
    const name = path.replace(/^.*node_modules\//, '');
    if (installed[path] === undefined || !existsSync(join(folder, path))) return `${name} is missing`;
    if (installed[path].version !== locked.version || installed[path].integrity !== locked.integrity) {
      return `${name} is ${installed[path].version}, package-lock.json says ${locked.version}`;
    }
  }
  return undefined;
}

/** Optional packages are builds for one platform each; only this platform's must be there. */
function isNeededHere({ optional, os, cpu, libc }) {
  if (!optional) return true;
  return libc === undefined && !!os?.includes(process.platform) && !!cpu?.includes(process.arch);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function say(message) {
  process.stderr.write(`${message}\n`);
}

function stop(message, exitCode) {
  say(`error: normgrad: ${message}`);
  process.exit(exitCode);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureInstalled();
