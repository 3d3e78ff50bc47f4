import { expect, it } from 'vitest';
import { typed } from '../src/typed.node.ts';

const caller = (launcher: string, cwd = '/home/ada', env: Record<string, string> = {}) => ({
  launcher,
  cwd,
  env,
  platform: 'linux',
});

it.each([
  [
    'npm run in a clone',
    caller('/home/ada/normgrad/scripts/cli.mjs', '/home/ada/normgrad'),
    'npm run -s normgrad -- ',
  ],
  [
    'npm start',
    caller('/home/ada/normgrad/scripts/start.mjs', '/home/ada/normgrad/docs'),
    'npm run -s normgrad -- ',
  ],
  [
    'npm --prefix, from elsewhere',
    caller('/home/ada/my clone/scripts/cli.mjs'),
    "npm --prefix '/home/ada/my clone' run -s normgrad -- ",
  ],
  [
    'npx',
    caller('/home/ada/x/node_modules/.bin/normgrad', '/home/ada/x', { npm_command: 'exec' }),
    'npx normgrad ',
  ],
  [
    "a script of the user's package",
    caller('/home/ada/x/node_modules/.bin/normgrad', '/home/ada/x', { npm_lifecycle_event: 'train' }),
    'npx normgrad ',
  ],
  ['installed for all', caller('/usr/local/bin/normgrad'), 'normgrad '],
  ['the file itself', caller('/home/ada/normgrad/bin/normgrad.mjs'), 'node normgrad/bin/normgrad.mjs '],
  ['nobody knows', caller(''), 'normgrad '],
])('names a command as it was called: %s', (_, called, before) => {
  expect(typed('train --norm layer', [], called)).toBe(`${before}train --norm layer`);
});

it('knows the script of the first experiment', () => {
  const clone = caller('/normgrad/scripts/cli.mjs', '/normgrad');
  expect(typed('start', [], clone)).toBe('npm start');
  expect(typed('start --seeds 3', [], clone)).toBe('npm start -- --seeds 3');
  expect(typed('starter', [], clone)).toBe('npm run -s normgrad -- starter');
});

it('quotes a path that a shell would split', () => {
  expect(typed('train --resume', ["it's my runs/first"], caller(''))).toBe(
    "normgrad train --resume 'it'\\''s my runs/first'",
  );
});
