import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { displayWidth } from '../../src/charts/text.ts';
import { commandNames } from '../../src/cli/program.ts';
import { inProcess } from './inProcess.ts';

const root = join(import.meta.dirname, '../..');
const clone = join(root, 'scripts/cli.mjs');

beforeAll(() => {
  vi.stubEnv('NO_COLOR', '1');
  vi.stubEnv('NORMGRAD_CACHE', '/no-such-cache');
  return () => vi.unstubAllEnvs();
});

const helps = [
  ['sweep', 'status'],
  ['sweep', 'retry'],
  ['sweep', 'slurm'],
  ['data', 'get'],
  ...commandNames.map((name) => [name]),
];
const commands = [
  [],
  ['--help'],
  ...helps.map((words) => [...words, '--help']),
  ['experiment', '--list'],
  ['data'],
  ['explain', 'layer', '--x', '1,2,3,6'],
  ['explain', 'group', '--shape', '2,2,2,4'],
  ['quiz', 'layer', '--hint', '--reveal'],
  ['gradcheck', 'conditional-instance', '--shape', '2,3,4'],
  ['verify', join(root, 'test/golden/optim.json')],
  ['train', '--dry-run'],
  // Errors with long lists.
  ['train', '--norm', 'bach'],
  ['train', '--data-dir', '/nowhere'],
  ['experiment', 'nothing'],
  ['quiz', 'dyt'],
];

describe.each([40, 60, 80, 120])('in a terminal of %i columns', (columns) => {
  it.each(commands.map((words) => ({ words, title: words.join(' ') })))(
    'no line is longer: normgrad $title',
    async ({ words }) => {
      const { all } = await inProcess(words, { columns, launcher: clone });
      expect(all).not.toBe('');
      expect(all.split(/[\r\n]+/).filter((line) => displayWidth(line) > columns)).toEqual([]);
    },
  );

  it('no word is broken: train --help', async () => {
    const { stdout } = await inProcess(['train', '--help'], { columns, launcher: clone });
    const { stdout: whole } = await inProcess(['train', '--help']);
    const words = (text: string) => [...text.matchAll(/[\p{L}-]{3,}/gu)].map(([word]) => word).sort();
    // Its usage and examples name the command otherwise.
    const own = (text: string) => words(text).filter((word) => !['npm', 'run', 'normgrad'].includes(word));
    expect(own(stdout)).toEqual(own(whole));
  });
});

it('a pipe gets a line of text as one line', async () => {
  const { stderr } = await inProcess(['train', '--norm', 'bach']);
  expect(stderr.split('\n')).toHaveLength(3);
});

describe('commands are named as the first one was called', () => {
  it('in usage and examples', async () => {
    const { stdout } = await inProcess(['train', '--help'], { columns: 120, launcher: clone });
    expect(stdout).toMatch(/^Usage: npm run -s normgrad -- train \[options\]\n/);
    expect(stdout).toContain('\n  npm run -s normgrad -- train --resume runs/first');
    const start = await inProcess(['start', '--help'], { launcher: clone });
    expect(start.stdout).toMatch(/^Usage: npm start -- \[options\]\n/);
    expect(start.stdout).toContain('\n  npm start -- --seeds 3');
    const piped = await inProcess(['quiz', '--help'], { columns: 120, launcher: clone });
    expect(piped.stdout).toContain('\n  echo "g / sigma" | npm run -s normgrad -- quiz layer');
  });

  it('in hints and errors', async () => {
    const tries = await inProcess(['explain', 'layer'], { launcher: clone });
    expect(tries.stdout).toContain('npm run -s normgrad -- gradcheck layer');
    const data = await inProcess(['train', '--data-dir', '/nowhere'], { launcher: clone });
    expect(data.stderr).toContain('fetch it:      npm run -s normgrad -- data get mnist');
    const unknown = await inProcess(['explain', 'bach'], { launcher: clone });
    expect(unknown.stderr).toContain('see: npm run -s normgrad -- explain --list');
  });

  /** What these write is kept, and read elsewhere, as the page is: there it is `normgrad …`. */
  const kept =
    /^page\/|pytorch\/page\.ts$|experiment\/(gallery|reportPage|writeReport)\.ts$|teach\/(pages\.node|explain)\.ts$|typed\.node\.ts$/;

  it('nowhere in the source by a fixed name', () => {
    const named = new RegExp(`normgrad (${commandNames.join('|')})\\b.*`, 'g');
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
    const wrong = files
      .filter((file) => file.endsWith('.ts') && !kept.test(file))
      .flatMap((file) => {
        const text = readFileSync(join(root, 'src', file), 'utf8')
          .replace(/^\s*(\/?\*|\/\/).*$/gm, '')
          // The first words of an example, which help.ts replaces.
          .replace(/\[\s*(?:'[^']*|"[^"]*)\bnormgrad /g, '');
        return [...text.matchAll(named)].map(([found]) => `${file}: ${found}`);
      });
    expect(wrong, 'name it by typed() of src/typed.node.ts').toEqual([]);
  });
});
