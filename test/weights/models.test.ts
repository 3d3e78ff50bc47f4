import { describe, expect, test } from 'vitest';
import { models, normNames, weightNormNames } from '../../src/nn/index.ts';
import { createModel } from '../../src/nn/models/registry.ts';
import { createRandom } from '../../src/random.ts';
import { load, save } from '../../src/weights/index.ts';
import { placesOf } from '../../src/weights/places.ts';
import { buildCase, cases, input } from './models.ts';

describe('a model of the registry as a state_dict', () => {
  test.each(cases.map((each) => ({ ...each, name: `${each.model} ${JSON.stringify(each.options)}` })))(
    'has the names and shapes of the module in models.py: $name',
    (each) => {
      const shapes = [...placesOf(buildCase(each), 'pytorch', input)].map(([name, { shape }]) => [
        name,
        shape,
      ]);
      expect(Object.fromEntries(shapes)).toEqual(each.state);
    },
  );

  test('only the recurrent one has no module of PyTorch: its gates have norms, and it keeps its own names', () => {
    const without = models
      .map(({ name }) => name)
      .filter((name) => cases.every(({ model }) => model !== name));
    expect(without).toEqual(['gru']);
    const gru = createModel('gru', { input: [4, 4, 1], classes: 3, norm: 'none', hidden: [2] });
    expect([...placesOf(gru, 'pytorch', [4, 4, 1]).keys()]).toContain('0.inputGates.weight');
  });
});

/** Everything that a state has, as text that tells any two apart. */
function contents(model: ReturnType<typeof createModel>) {
  return [...model.namedTensors()].map(([name, { shape, data }]) => [name, shape, [...data]]);
}

const small = { input: [4, 4, 2], classes: 3, widths: [4], convs: [1] } as const;
const every = [...normNames, ...weightNormNames].map((norm) => ({ norm, names: 'pytorch' }) as const);
const own = ['batch', 'frn', 'spectral'].map((norm) => ({ norm, names: 'own' }) as const);

test.each([...every, ...own])(
  'a model with norm $norm and names $names comes back bit by bit',
  async ({ norm, names }) => {
    const [model, other] = [1, 2].map((seed) =>
      createModel('vgg', { ...small, norm, random: createRandom(seed) }),
    );
    expect(contents(other)).not.toEqual(contents(model));
    const report = await load(other, save(model, { names, input: small.input }), { input: small.input });
    expect(contents(other)).toEqual(contents(model));
    expect([report.kept, report.ignored]).toEqual([[], []]);
  },
);

test('a norm that PyTorch has not keeps the names that it has here', () => {
  const model = createModel('vgg', { input: [8, 8, 2], classes: 3, widths: [4], convs: [1], norm: 'frn' });
  expect([...placesOf(model, 'pytorch', [8, 8, 2]).keys()]).toEqual([
    '0.weight',
    '1.gamma',
    '1.beta',
    '1.tau',
    '5.weight',
    '5.bias',
  ]);
});
