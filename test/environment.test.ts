import { expect, it } from 'vitest';
import { checkEnvironment, checkVariable } from '../src/environment.ts';
import { ConfigError } from '../src/errors.ts';
import { normgrad } from './cli/normgrad.ts';

it.each([
  ...['0', '-1', 'abc', '1e9', '1.5', ' ', '99999'].map(
    (text) => ['NORMGRAD_THREADS', text, 'from 1 to 1024'] as const,
  ),
  ['NORMGRAD_KERNELS', 'foo', '"wasm" or "reference"'],
  ['NORMGRAD_VECTORS', '512', 'be 128 or 256'],
  ['NORMGRAD_WINOGRAD', 'off', 'be 0 (direct convolutions everywhere) or 1'],
  ['NORMGRAD_SEED', '1.5', 'a whole number'],
] as const)('%s=%j is refused, with what is allowed', (name, text, allowed) => {
  const check = () => checkEnvironment({ [name]: text });
  expect(check).toThrow(ConfigError);
  expect(check).toThrow(`the environment variable ${name} must`);
  expect(check).toThrow(`${allowed}, got "${text}"`);
});

it('what is empty is as if it were not set', () => {
  expect(checkVariable('NORMGRAD_THREADS', '')).toBeUndefined();
  expect(checkEnvironment({ NORMGRAD_KERNELS: '', NORMGRAD_CACHE: '/anywhere', PATH: 'x' })).toEqual([]);
});

it('a name that is none is said, with the one that was probably meant', () => {
  expect(checkEnvironment({ NORMGRAD_THREAD: '2', NORMGRAD_XYZZY_ABC: '1' })).toEqual([
    'the environment variable NORMGRAD_THREAD does nothing here (did you mean NORMGRAD_THREADS?)',
    expect.stringContaining('NORMGRAD_XYZZY_ABC does nothing here (one of: NORMGRAD_THREADS, '),
  ]);
});

it('the command line says it before anything else, with exit code 2', async () => {
  const env = { NORMGRAD_THREADS: '0', NORMGRAD_SEEDS: '3' };
  const { code, stdout, stderr } = await normgrad(['data', 'ls'], { env });
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(
    'error: the environment variable NORMGRAD_THREADS must be a whole number from 1 to 1024, got "0"',
  );
});
