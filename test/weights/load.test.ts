import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { WeightsError } from '../../src/errors.ts';
import { BatchNorm, Conv2d, Linear, Module, Sequential } from '../../src/nn/index.ts';
import { createRandom } from '../../src/random.ts';
import { type LoadOptions, load, save } from '../../src/weights/index.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../../src/weights/safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-weights-'));
afterAll(() => rmSync(folder, { recursive: true }));

const random = createRandom(1);
const linear = (from: number, to: number) => new Linear(from, to, { random });
/** Two pairs of layers that only their order tells apart. */
const build = () =>
  new Sequential(linear(4, 4), new BatchNorm(4), linear(4, 4), new BatchNorm(4), linear(4, 3));

const numbers = (model: Module) => [...model.namedTensors().values()].map(({ data }) => [...data]);

/** The file of `model` with its tensors under other names, in the order of `rename`'s or of `sorted` names. */
function renamed(model: Module, names: Record<string, string>, sorted = false): Uint8Array {
  const { tensors } = decodeSafetensors(save(model));
  const entries = [...tensors].map(([name, tensor]): [string, StoredTensor] => {
    const layer = name.slice(0, name.lastIndexOf('.'));
    return [`${names[layer]}${name.slice(layer.length)}`, tensor];
  });
  if (sorted) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return encodeSafetensors({ tensors: new Map(entries), metadata: { format: 'pt' } });
}

const theirs = { 0: 'fc1', 1: 'bn1', 2: 'fc2', 3: 'bn2', 4: 'head' };
const map = { fc1: '0', bn1: '1', fc2: '2', bn2: '3', head: '4' };

async function problemOf(model: Module, file: string | Uint8Array, options?: LoadOptions) {
  const before = numbers(model);
  const error = await load(model, file, options).then(
    () => undefined,
    (each) => each,
  );
  expect(error).toBeInstanceOf(WeightsError);
  expect(error.hint.length).toBeGreaterThan(0);
  expect(numbers(model)).toEqual(before);
  return error.message as string;
}

describe('a state_dict of modules with other names', () => {
  test.each<[string, boolean, LoadOptions]>([
    ['by a map', true, { map }],
    ['by their order', false, { by: 'order' }],
    ['by their shapes, where the order is that of the names', true, { by: 'shape' }],
  ])('is loaded %s', async (_, sorted, options) => {
    const [model, other] = [build(), build()];
    const { loaded, kept } = await load(other, renamed(model, theirs, sorted), options);
    expect(numbers(other)).toEqual(numbers(model));
    expect(loaded).toContainEqual(['bn2.running_var', '3.running_var']);
    expect(kept).toEqual([]);
  });

  test('is not loaded by an order that it has lost', async () => {
    expect(await problemOf(build(), renamed(build(), theirs, true), { by: 'order' })).toMatch(
      /layer 1 of the model is 0 with bias \[4\], weight \[4, 4\], and of the file bn1 with bias \[4\], running_mean/,
    );
  });

  test('is not loaded by shapes that it has not', async () => {
    const fewer = new Sequential(linear(4, 4), new BatchNorm(4), linear(4, 3));
    const [from, to] = [{ 0: 'fc1', 1: 'bn1', 2: 'head' }, build()];
    expect(await problemOf(to, renamed(fewer, from), { by: 'shape' })).toMatch(
      /2 layers of the model with bias \[4\], weight \[4, 4\] \(0, 2\), and of the file 1 \(fc1\)/,
    );
    expect(await problemOf(fewer, renamed(build(), theirs), { by: 'order' })).toContain(
      'layer 3 of the model is 2',
    );
  });

  test('a name stands for all below it, the longest first; null leaves out, and an empty one is the whole', async () => {
    const [model, other] = [build(), build()];
    const prefixed = Object.fromEntries(Object.entries(theirs).map(([from, to]) => [from, `module.${to}`]));
    const whole = {
      ...map,
      'module.fc1': '0',
      'module.fc2': '2',
      'module.bn1': '1',
      'module.bn2': '3',
      'module.head': '4',
    };
    await load(other, renamed(model, prefixed), { map: whole });
    expect(numbers(other)).toEqual(numbers(model));
    const again = build();
    await load(again, renamed(model, { 0: 'm.0', 1: 'm.1', 2: 'm.2', 3: 'm.3', 4: 'm.4' }), {
      map: { m: '' },
    });
    expect(numbers(again)).toEqual(numbers(model));
    expect(await problemOf(build(), renamed(model, theirs), { map: { ...map, head: null } })).toContain(
      'missing: 4.weight, 4.bias',
    );
    expect(await problemOf(build(), renamed(model, theirs), { map: { ...map, bn2: '1' } })).toMatch(
      /the names bn1\.\w+ and bn2\.\w+ of the file both become 1\./,
    );
  });

  test('and save writes them', () => {
    const [model] = [build()];
    expect([...decodeSafetensors(save(model, { map })).tensors.keys()].sort()).toEqual(
      [...decodeSafetensors(renamed(model, theirs)).tensors.keys()].sort(),
    );
  });
});

describe('what does not fit is said at once, and nothing is loaded', () => {
  test('missing, unexpected with the nearest name, of another shape', async () => {
    const file = renamed(build(), { 0: '0', 1: '1', 2: '2', 3: 'bn', 4: '4' });
    const wider = new Sequential(
      linear(4, 4),
      new BatchNorm(4),
      linear(4, 4),
      new BatchNorm(4),
      linear(4, 5),
    );
    const message = await problemOf(wider, file);
    expect(message).toBe(
      'the file does not fit this model: missing: 3.weight (there is bn.weight), 3.bias (there is bn.bias), 3.running_mean ' +
        '(there is bn.running_mean), 3.running_var (there is bn.running_var); unexpected: bn.num_batches_tracked, ' +
        'bn.weight (there is 3.weight), bn.bias (there is 3.bias), bn.running_mean (there is 3.running_mean), bn.running_var ' +
        '(there is 3.running_var); of another shape: 4.weight [3, 4], where the model has [5, 4], 4.bias [3], where the model has [5]',
    );
  });

  test('a long list is cut', async () => {
    const file = renamed(build(), { 0: 'a', 1: 'b', 2: 'c', 3: 'd', 4: 'e' });
    expect(await problemOf(build(), file)).toMatch(/missing: .*, and 6 more; unexpected: .*, and 8 more$/);
  });

  test.each<[string, LoadOptions, RegExp]>([
    ['a word that is none', { by: 'ordr' as never }, /unknown by "ordr" \(did you mean "order"\?\)/],
    ['names of nobody', { names: 'torch' as never }, /unknown names "torch"/],
  ])('%s', async (_, options, problem) => {
    expect(await problemOf(build(), save(build()), options)).toMatch(problem);
  });

  test('files that are none', async () => {
    const path = (name: string) => join(folder, name);
    writeFileSync(path('model.pt'), Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(18)));
    writeFileSync(path('cut.safetensors'), save(build()).subarray(0, 600));
    expect(await problemOf(build(), path('model.pt'))).toMatch(/model\.pt/);
    expect(await problemOf(build(), path('cut.safetensors'))).toMatch(
      /cut\.safetensors: safetensors: .*not whole/,
    );
    expect(await problemOf(build(), path('none.safetensors'))).toMatch(/none\.safetensors/);
    expect(await problemOf(build(), folder)).toContain('is a folder');
    expect(await problemOf(build(), 'x'.repeat(3) as never)).toContain('xxx');
  });
});

describe('layers that keep what they have', () => {
  const withHead = (classes: number) => new Sequential(linear(4, 4), linear(4, classes));

  test.each<LoadOptions>([{}, { by: 'order' }, { by: 'shape' }])('of another shape: %o', async (options) => {
    const [model, other] = [withHead(3), withHead(5)];
    const head = other.layers[1];
    const { kept, ignored } = await load(other, save(model), { ...options, except: [head] });
    const [own, theirs] = [numbers(other), numbers(model)];
    expect(own.slice(0, 2)).toEqual(theirs.slice(0, 2));
    expect(own[2]).toHaveLength(20);
    expect(kept).toEqual(['1.weight', '1.bias']);
    expect(ignored).toEqual(['1.weight', '1.bias']);
  });

  test.each<LoadOptions>([{}, { by: 'order' }, { by: 'shape' }])(
    'or that are not in the file: %o',
    async (options) => {
      const [model, other] = [new Sequential(linear(4, 4)), withHead(5)];
      await load(other, save(model), { ...options, except: [other.layers[1]] });
      expect(numbers(other).slice(0, 2)).toEqual(numbers(model));
    },
  );
});

test('a counter may be missing, as in files of old versions', async () => {
  const { tensors } = decodeSafetensors(save(build()));
  for (const [name, { as }] of tensors) if (as === 'I64') tensors.delete(name);
  const { kept } = await load(build(), encodeSafetensors({ tensors, metadata: {} }));
  expect(kept).toEqual(['1.num_batches_tracked', '3.num_batches_tracked']);
});

test('files: written whole, read by their content', async () => {
  const [model, file, npz] = [build(), join(folder, 'a.safetensors'), join(folder, 'a.npz')];
  save(model, file);
  save(model, npz, { names: 'own' });
  expect(readFileSync(file)).toEqual(Buffer.from(save(model)));
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  for (const each of [file, npz]) {
    const other = build();
    await load(other, each);
    expect(numbers(other)).toEqual(numbers(model));
  }
});

test('a float64 model stays one, and its numbers are kept whole', async () => {
  const model = build().to('float64');
  const other = build().to('float64');
  model
    .namedTensors()
    .get('layers.0.weight')!
    .set(Array.from({ length: 16 }, (_, i) => 1 / (i + 3)));
  await load(other, save(model));
  expect(numbers(other)).toEqual(numbers(model));
  const single = build();
  await load(single, save(model));
  expect(numbers(single)).toEqual(numbers(model).map((each) => [...Float32Array.from(each)]));
});

test('what one module is in two places is one tensor, under its first name', async () => {
  class Tied extends Module {
    a = new Conv2d(2, 2, 1);
    b = this.a;
    forward() {
      return this.a.weight;
    }
  }
  expect([...decodeSafetensors(save(new Tied())).tensors.keys()]).toEqual(['a.weight', 'a.bias']);
});
