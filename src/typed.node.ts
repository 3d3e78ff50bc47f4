import { basename, isAbsolute, relative, resolve } from 'node:path';

/** What decides how this process was called; the launcher is the script that started it (scripts/launch.mjs, src/cli/main.ts). */
interface Caller {
  launcher: string;
  env: NodeJS.ProcessEnv;
  cwd: string;
  platform: string;
}

const here = (): Caller => ({
  launcher: process.env.NORMGRAD_LAUNCHER ?? '',
  env: process.env,
  cwd: process.cwd(),
  platform: process.platform,
});

/**
 * A command as it is to be typed where this process was called, so that what help, hints and errors say can be pasted:
 * `npm run -s normgrad -- train` in a clone, `npx normgrad train` or `normgrad train` from the package. `words` are quoted where a
 * shell would split them. What is kept in files (run.json, reports, the documentation) is read elsewhere, and says `normgrad train`.
 */
export function typed(command: string, words: readonly string[] = [], caller = here()): string {
  const line = [command, ...words.map((word) => quoted(word, caller.platform))].join(' ');
  const npm = npmOfClone(caller);
  if (npm === undefined) return `${nameOfPackage(caller)} ${line}`;
  // The first experiment has a script of its own.
  const [, afterStart] = line.match(/^start\b ?(.*)$/) ?? [];
  if (afterStart !== undefined) return `${npm} start${afterStart && ` -- ${afterStart}`}`;
  return `${npm} run -s normgrad -- ${line}`;
}

/** A word as a shell takes it for one. */
export function quoted(word: string, platform: string = process.platform): string {
  if (/^[\w@%+=:,./~\\-]+$/.test(word)) return word;
  return platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}

/** How npm finds the scripts of the clone; undefined where the command does not come from one. */
function npmOfClone({ launcher, cwd, platform }: Caller): string | undefined {
  if (!['cli.mjs', 'start.mjs'].includes(basename(launcher))) return undefined;
  const root = resolve(launcher, '../..');
  const way = relative(root, cwd);
  const isInside = !/^\.\.([/\\]|$)/.test(way) && !isAbsolute(way);
  return isInside ? 'npm' : `npm --prefix ${quoted(root, platform)}`;
}

function nameOfPackage({ launcher, env, cwd, platform }: Caller): string {
  const file = basename(launcher);
  if (!/^normgrad(\.mjs)?$/.test(file)) return 'normgrad';
  // By npx, or by a script of the user's package.json.
  if (env.npm_command === 'exec' || env.npm_lifecycle_event !== undefined) return 'npx normgrad';
  // On Windows the command that npm installs calls the file just so.
  if (file === 'normgrad' || platform === 'win32') return 'normgrad';
  return `node ${quoted(relative(cwd, launcher), platform)}`;
}
