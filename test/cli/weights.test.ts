import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeNpz } from '../../src/data/format/npz.ts';
import { platform } from '../../src/platform.node.ts';
import { jsonText } from '../../src/runs/files.ts';
import { readRun, runFiles } from '../../src/runs/record.ts';
import { forgetCode } from '../../src/train/code/load.ts';
import { decodeSafetensors } from '../../src/weights/safetensors.ts';
import { inProcess } from './inProcess.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-export-'));
afterAll(() => {
  forgetCode();
  rmSync(parent, { recursive: true });
});

const at = (name: string) => join(parent, name);
const run = at('run');
const settings =
  '--dataset synthetic --limit 40 --test-limit 20 --halve --model cnn --widths 2,3 --epochs 1'.split(' ');

beforeAll(async () => {
  expect((await inProcess(['train', ...settings, '--out', run, '-q'])).code).toBe(0);
});

describe('export', () => {
  it("writes PyTorch's names and layouts into the folder of the run", async () => {
    const { stdout, code } = await inProcess(['export', run]);
    expect(code).toBe(0);
    expect(stdout).toBe(`${join(run, 'weights.safetensors')}: 26 tensors, PyTorch's names, 3.8 KiB\n`);
    const { tensors, metadata } = decodeSafetensors(platform.readFile(join(run, 'weights.safetensors')));
    expect(metadata).toEqual({ format: 'pt' });
    expect(tensors.get('15.weight')!.shape).toEqual([10, 3 * 3 * 3]);
    // 40 images in batches of 64
    expect(tensors.get('1.num_batches_tracked')).toEqual({ shape: [], data: Float64Array.of(1), as: 'I64' });
  });

  it('writes .npz, as the name says, and says so to programs', async () => {
    const { stdout } = await inProcess(['export', run, '--out', at('a.npz'), '--json']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ type: 'result', file: at('a.npz'), format: 'npz', names: 'pytorch' });
    const arrays = await decodeNpz({ file: 'a.npz', bytes: platform.readFile(at('a.npz')) });
    expect([...arrays.keys()]).toEqual(result.tensors);
  });

  it.each([
    ['pytorch', 'npz'],
    ['own', 'safetensors'],
  ])('and what it wrote is where a run can begin: names %s, %s', async (names, kind) => {
    const [file, again, out] = [`${names}.${kind}`, `again.${kind}`, `from-${names}-${kind}`].map(at);
    await inProcess(['export', run, '--names', names, '--out', file]);
    const train = ['train', ...settings, '--init-from', file, '--lr', '0', '--out', out];
    const { stderr, code } = await inProcess(train);
    expect(code).toBe(0);
    expect(stderr).toContain(`weights of ${file}: ${names === 'own' ? 22 : 26} tensors`);
    // With a learning rate of 0 only the running statistics move.
    await inProcess(['export', out, '--names', names, '--out', again, '--format', kind]);
    const weightsOf = async (path: string) => {
      const bytes = platform.readFile(path);
      const all = kind === 'npz' ? await decodeNpz({ file: path, bytes }) : decodeSafetensors(bytes).tensors;
      return [...all].filter(([name]) => !/running|batches/.test(name));
    };
    expect(await weightsOf(again)).toEqual(await weightsOf(file));
  });

  it('of another checkpoint in the folder, and over none', async () => {
    const { checkpoint, best } = runFiles(run);
    copyFileSync(checkpoint, best);
    rmSync(checkpoint);
    const { stdout } = await inProcess(['export', best, '--out', at('best.safetensors')]);
    copyFileSync(best, checkpoint);
    expect(stdout).toContain('26 tensors');
    const refused = await inProcess(['export', run, '--out', checkpoint]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('is the checkpoint itself')]);
    expect(platform.readFile(checkpoint)).toEqual(platform.readFile(best));
  });

  it('of a model that a file of the user defines, whose head is drawn anew', async () => {
    const [code, out] = [at('net.mjs'), at('of-code')];
    writeFileSync(
      code,
      `import { BatchNorm, defineModel, Flatten, Linear, Module } from 'normgrad';
      class Net extends Module {
        flat = new Flatten();
        constructor(random) { super(); this.fc1 = new Linear(196, 3, { random }); this.bn = new BatchNorm(3); this.fc2 = new Linear(3, 10, { random }); }
        forward(x) { return this.fc2.forward(this.bn.forward(this.fc1.forward(this.flat.forward(x)), { relu: true })); }
      }
      export default defineModel({ name: 'net', build: ({ random }) => new Net(random) });`,
    );
    const train = [
      ...'train --dataset synthetic --limit 40 --test-limit 20 --halve --epochs 1'.split(' '),
      '--model',
      code,
    ];
    const first = await inProcess([...train, '--out', out, '-q']);
    expect([first.code, first.stderr]).toEqual([0, '']);
    const { stdout } = await inProcess(['export', out, '--out', at('net.safetensors'), '--json']);
    expect(JSON.parse(stdout).tensors.slice(0, 3)).toEqual(['fc1.weight', 'fc1.bias', 'bn.weight']);
    const from = ['--init-from', at('net.safetensors'), '--fresh-head', '--out', at('of-code-2')];
    const { stderr, code: exitCode } = await inProcess([...train, ...from]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      `weights of ${at('net.safetensors')}: 7 tensors; as drawn: fc2.weight, fc2.bias`,
    );
  });

  it('of a run of an earlier version asks the data for what the network takes', async () => {
    const { network: _, ...before } = readRun(run)!;
    const record = readRun(run);
    writeFileSync(runFiles(run).run, jsonText(before));
    expect((await inProcess(['export', run, '--out', at('old.safetensors')])).code).toBe(0);
    writeFileSync(runFiles(run).run, jsonText(record));
    expect(platform.readFile(at('old.safetensors'))).toEqual(
      platform.readFile(join(run, 'weights.safetensors')),
    );
  });

  it.each<[string, string[], number, RegExp]>([
    ['no run', ['.'], 3, /is no run folder/],
    ['another format', [run, '--format', 'h5'], 2, /h5/],
    ['a place that is none', [run, '--out', join(parent, 'no', 'x.npz')], 3, /cannot write .*no\/x\.npz/],
  ])('%s', async (_, args, exitCode, problem) => {
    const { stderr, code } = await inProcess(['export', ...args]);
    expect(stderr).toMatch(problem);
    expect(code).toBe(exitCode);
  });

  it('says of a run whose weights were not kept, or are damaged, what to do', async () => {
    const { checkpoint } = runFiles(run);
    const content = platform.readFile(checkpoint);
    rmSync(checkpoint);
    const missing = await inProcess(['export', run]);
    expect(missing.stderr).toMatch(
      /has no last\.safetensors: its weights were not kept\n {2}a sweep keeps none/,
    );
    writeFileSync(checkpoint, content.slice(0, 1000));
    const damaged = await inProcess(['export', run]);
    expect(damaged.stderr).toMatch(/last\.safetensors: safetensors: .*not whole.*\n {2}train it again/);
    expect([missing.code, damaged.code]).toEqual([3, 3]);
    writeFileSync(checkpoint, content);
  });
});

describe('train --init-from', () => {
  it('says what does not fit, and begins no run', async () => {
    const args = [
      'train',
      ...settings,
      '--widths',
      '2,4',
      '--init-from',
      join(run, 'weights.safetensors'),
      '--out',
      at('x'),
    ];
    const { stderr, code } = await inProcess(args);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /does not fit this model: of another shape: 7\.weight \[3, 2, 3, 3\], where the model has \[4, 2/,
    );
    expect(stderr).toContain('--fresh-head');
    expect(existsSync(at('x'))).toBe(false);
  });

  it('names the file that is not there, and the one that is none', async () => {
    const missing = await inProcess(['train', ...settings, '--init-from', at('nothing.safetensors')]);
    expect(missing.stderr).toContain(`there is no file ${at('nothing.safetensors')}`);
    writeFileSync(at('model.pth'), Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20));
    const pickled = await inProcess(['train', ...settings, '--init-from', at('model.pth')]);
    expect(pickled.stderr).toMatch(
      /model\.pth: safetensors: .*\n {2}from PyTorch: safetensors\.torch\.save_file/,
    );
    expect([missing.code, pickled.code]).toEqual([3, 3]);
  });
});
