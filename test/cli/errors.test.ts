import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { shapeOf } from '../../src/cli/arguments.ts';
import { explain } from '../../src/cli/exit.ts';
import { DataError } from '../../src/data/errors.ts';
import { ConfigError, RunFolderError } from '../../src/errors.ts';
import { inProcess } from './inProcess.ts';
import { jsonLines, normgrad } from './normgrad.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('explain', () => {
  it.each([
    [new ConfigError('lr', 'must be above 0'), 2, 'CONFIG_INVALID'],
    [new DataError('DATA_MISSING', 'MNIST is not there'), 3, 'DATA_MISSING'],
    [new RunFolderError('disk full'), 3, 'RUN_FOLDER'],
    [new Error('GroupNorm(groups=3): the groups must divide the features.'), 2, 'CONFIG_INVALID'],
    [new TypeError('x is not a function'), 70, 'BUG'],
    ['a string', 70, 'BUG'],
  ])('%s', (error, exitCode, code) => {
    expect(explain(error)).toMatchObject({ exitCode, code });
  });
});

it('a shape whose differences would take for ever is refused', () => {
  const read = shapeOf(4, 'It must be …', 4096);
  expect(read('2,2,2,512')).toEqual([2, 2, 2, 512]);
  expect(() => read('100000,100000')).toThrow('It has 10,000,000,000 elements');
  expect(() => read('1,2,3,4,5')).toThrow('It must be …');
});

describe('errors on the command line', () => {
  it('an unknown norm: the nearest name, and all names', async () => {
    const { code, stdout, stderr } = await normgrad(['train', '--norm', 'bach']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(
      'error: --norm: unknown norm "bach" (did you mean "batch"?)\n  one of: none, batch,',
    );
  });

  it('an unknown command, an unknown option, a value that is no number', async () => {
    const command = await inProcess(['trian']);
    expect(command.code).toBe(2);
    expect(command.stderr).toContain("error: unknown command 'trian'\n  did you mean train?");
    const option = await inProcess(['train', '--epoch', '3']);
    expect(option.code).toBe(2);
    expect(option.stderr).toContain('did you mean --epochs?');
    const value = await inProcess(['train', '--lr', 'fast']);
    expect(value.code).toBe(2);
    expect(value.stderr).toContain("argument 'fast' is invalid. It must be a number.");
  });

  it('missing data: where it was looked for, and three ways on', async () => {
    const { code, stderr } = await inProcess(['train', '--dataset', 'mnist', '--data-dir', folder]);
    expect(code).toBe(3);
    expect(stderr).toContain(`error: MNIST is not in ${join(folder, 'mnist')}`);
    expect(stderr).toMatch(/fetch it: .*\n {2}or bring it: .*\n {2}or try: .*--dataset synthetic/);
  });

  it('as JSON on stdout, with nothing on stderr', async () => {
    const { code, stdout, stderr } = await normgrad(['train', '--json', '--data-dir', folder]);
    expect(code).toBe(3);
    expect(stderr).toBe('');
    expect(jsonLines(stdout)).toEqual([
      expect.objectContaining({
        type: 'error',
        code: 'DATA_MISSING',
        hint: expect.stringContaining('data get mnist'),
      }),
    ]);
  });

  it('a run folder that cannot be written', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const args = ['train', '--dataset', 'synthetic', '--limit', '20', '--out', join(file, 'run')];
    const { code, stderr } = await inProcess(args);
    expect(code).toBe(3);
    expect(stderr).toContain(`error: cannot write the run folder ${join(file, 'run')}`);
  });

  it('a golden file without a case, which proves nothing', async () => {
    const file = join(folder, 'empty.json');
    writeFileSync(file, '{"family": "core", "source": "mine", "cases": []}');
    const { code, stdout } = await inProcess(['verify', file]);
    expect(stdout).toContain('0 passed, 0 failed');
    expect(code).toBe(1);
  });

  it('a golden file that is none', async () => {
    const file = join(folder, 'bad.json');
    writeFileSync(file, '{"family": 1}');
    const { code, stderr } = await inProcess(['verify', file]);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${file}`);
  });
});
