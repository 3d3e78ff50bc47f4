import { describe, expect, test } from 'vitest';
import { mean, mul, parameter, square, sum, type Tensor, tensor } from '../../src/autograd/index.ts';
import { BatchNorm, Linear, Module, parameterCount, summarize } from '../../src/nn/index.ts';
import { normalizeWeights } from '../../src/nn/norm/weights/normalizeWeights.ts';
import { Adam, Sgd } from '../../src/optim/index.ts';
import { createRandom } from '../../src/random.ts';

/** What a module holds, wherever it keeps it; and what an optimizer says of what it cannot find. */
const random = createRandom(1);
const layer = () => new Linear(2, 2, { random });
const x = tensor([
  [1, -2],
  [3, 1],
]);
const names = (module: Module) => [...module.namedTensors().keys()];

/** A network whose forward pass is the sum of its layers'. */
class Net extends Module {
  constructor(readonly own: () => Module[]) {
    super();
  }

  forward(x: Tensor): Tensor {
    return this.own().reduce((y, each) => each.forward(y), x);
  }
}

/** Its members one after another, as they are at the time. */
function netOf<T extends Record<string, Module>>(parts: T): Net & T {
  const net: Net & T = Object.assign(new Net(() => Object.keys(parts).map((key) => net[key])), parts);
  return net;
}

describe('layers are found', () => {
  class Keeper extends Net {
    readonly nested = [[layer()], [layer(), [layer()]]];
    readonly byName = { left: layer(), deep: { norm: new BatchNorm(2) } };
    readonly map = new Map<string | object, Module>([
      ['a', layer()],
      [{}, layer()],
    ]);
    readonly set = new Set([layer()]);
    readonly scales = [parameter(Float32Array.of(1), [1])];

    constructor() {
      super(() => [
        ...this.nested.flat(2),
        ...Object.values({ left: this.byName.left, norm: this.byName.deep.norm }),
        ...this.map.values(),
        ...this.set,
      ]);
    }
  }

  test('in nested arrays, objects, Maps and Sets, with names that stay', () => {
    expect(names(new Keeper()).filter((name) => /weight|scales|gamma|Mean/.test(name))).toEqual([
      'scales.0',
      'nested.0.0.weight',
      'nested.1.0.weight',
      'nested.1.1.0.weight',
      'byName.left.weight',
      'byName.deep.norm.gamma',
      'byName.deep.norm.runningMean',
      'map.a.weight',
      'map.1.weight',
      'set.0.weight',
    ]);
  });

  test('so that they train, evaluate, save, convert and clear their gradients', () => {
    const [one, two] = [new Keeper(), new Keeper()];
    const optimizer = new Sgd(one.parameters(), { lr: 0.1 });
    sum(mul(square(one.forward(x)), one.scales[0])).backward();
    expect(one.parameters().every(({ grad }) => grad !== null)).toBe(true);
    optimizer.step();
    two.loadState(one.state());
    expect([...two.state().values()].map((t) => t.toArray())).toEqual(
      [...one.state().values()].map((t) => t.toArray()),
    );
    one.zeroGrad();
    expect(one.parameters().every(({ grad }) => grad === null)).toBe(true);
    expect(one.eval().byName.deep.norm.training).toBe(false);
    one.to('float64');
    expect([...one.namedTensors().values()].every(({ dtype }) => dtype === 'float64')).toBe(true);
    expect(one.scales[0].dtype).toBe('float64');
  });

  test('two that would have one name are an error, not one of them', () => {
    const net = Object.assign(new Net(() => []), {
      a: { b: layer() },
      map: { 'c.0': layer(), c: [layer()] },
    });
    expect(() => net.parameters()).toThrow('the name "map.c.0"');
  });
});

describe('what is used twice counts once', () => {
  const shared = () => {
    const [first, other] = [layer(), layer()];
    return Object.assign(new Net(() => [first, other, first]), {
      first,
      other,
      again: first,
      list: [first, other],
    });
  };

  test('in parameters, state and summary, and trains', () => {
    const net = shared();
    expect(names(net)).toEqual(['first.weight', 'first.bias', 'other.weight', 'other.bias']);
    expect([...net.state().keys()]).toEqual(names(net));
    expect(parameterCount(net)).toBe(12);
    expect(summarize(net).reduce((sum, row) => sum + row.parameters, 0)).toBe(12);
    const before = net.first.weight.toArray();
    const optimizer = new Sgd(net.parameters(), { lr: 0.1 });
    sum(square(net.forward(x))).backward();
    optimizer.step();
    expect(net.first.weight.toArray()).not.toEqual(before);
  });

  test('a weight that two layers share stays one in another precision', () => {
    const [one, two] = [layer(), layer()];
    Object.assign(two, { weight: one.weight });
    const net = Object.assign(new Net(() => [one, two]), { one, two }).to('float64');
    expect(names(net)).toEqual(['one.weight', 'one.bias', 'two.bias']);
    expect(summarize(net).map((row) => row.parameters)).toEqual([6, 2]);
    expect(net.two.weight).toBe(net.one.weight);
  });

  test('a tensor with requiresGrad trains as a parameter does; what a layer keeps of its last pass is not part of it', () => {
    class Scaled extends Module {
      readonly scale = tensor([1, 1], { requiresGrad: true });
      readonly shift = tensor([0, 0]);
      last: Tensor | null = null;

      forward(x: Tensor): Tensor {
        this.last = mul(x, this.scale);
        return this.last;
      }
    }
    const net = new Scaled();
    const before = net.scale.toArray();
    const optimizer = new Sgd(net.parameters(), { lr: 0.1 });
    for (let i = 0; i < 2; i++) {
      mean(square(net.forward(x))).backward();
      optimizer.step();
    }
    expect(net.scale.toArray()).not.toEqual(before);
    expect([...net.namedParameters().keys()]).toEqual(['scale']);
    expect(names(net)).toEqual(['scale', 'shift']);
    mean(x);
    expect([...net.state().keys()]).toEqual(['scale', 'shift']);
  });

  test('links back to a parent end', () => {
    const child = Object.assign(new Net(() => []), { inner: layer(), parent: null as Module | null });
    const parent = Object.assign(new Net(() => [child]), { child });
    child.parent = parent;
    const ring: { self?: object; layer: Module } = { layer: layer() };
    ring.self = ring;
    Object.assign(parent, { ring });
    expect(names(parent)).toEqual([
      'child.inner.weight',
      'child.inner.bias',
      'ring.layer.weight',
      'ring.layer.bias',
    ]);
  });
});

describe('an optimizer that misses layers says so in its step', () => {
  const missing = /Sgd: backward\(\) reached .* that no optimizer trains, .*#private/s;
  const stepOf = (net: Module, optimizer: { step(): void }) => () => {
    mean(square(net.forward(x))).backward();
    optimizer.step();
  };

  test('those in a #private field, or in an object that is no Module', () => {
    class Private extends Module {
      readonly seen = layer();
      readonly #hidden = layer();
      readonly box = new (class {
        readonly inside = layer();
      })();

      forward(x: Tensor): Tensor {
        return this.box.inside.forward(this.#hidden.forward(this.seen.forward(x)));
      }
    }
    const net = new Private();
    expect(stepOf(net, new Sgd(net.parameters(), { lr: 0.1 }))).toThrow(
      /reached 4 parameters .* made: \[2, 2\] in linear, \[2\] in linear, \[2, 2\] in linear, \[2\] in linear/s,
    );
  });

  test('those that came after it', () => {
    const net = netOf({ one: layer(), two: layer() });
    const optimizer = new Sgd(net.parameters(), { lr: 0.1 });
    stepOf(net, optimizer)();
    net.one = layer();
    expect(stepOf(net, optimizer)).toThrow(missing);
    stepOf(net, new Sgd(net.parameters(), { lr: 0.1 }))();
    normalizeWeights(net, 'weight-norm');
    expect(stepOf(net, optimizer)).toThrow(/reached 1 parameter .* \[2\] in weightNormalization/s);
  });

  test('all of them, after model.to(dtype)', () => {
    const net = netOf({ one: layer() });
    const optimizer = new Adam(net.parameters());
    net.to('float64');
    mean(square(net.forward(tensor(x.data, x.shape, { dtype: 'float64' })))).backward();
    expect(() => optimizer.step()).toThrow(
      /Adam: backward\(\) reached 2 parameters.*model\.to\(dtype\).*afterwards/s,
    );
  });

  test('but not those that somebody left out on purpose, or that another one trains', () => {
    const net = netOf({ body: layer(), head: layer() });
    net.parameters();
    stepOf(net, new Sgd(net.head.parameters(), { lr: 0.1 }))(); // listed before, and left out
    const other = netOf({ body: layer(), head: layer() });
    const ofHead = new Sgd(other.head.parameters(), { lr: 0.1 });
    for (let i = 0; i < 2; i++) stepOf(other, ofHead)(); // never listed, but the same model holds both
    const late = Object.assign(other, { added: layer() });
    expect(stepOf(new Net(() => [late.head, late.added]), ofHead)).toThrow(missing);
    const [one, two] = [layer(), layer()];
    const pair = Object.assign(new Net(() => [one, two]), {});
    const optimizer = new Sgd(one.parameters(), { lr: 0.1 });
    new Sgd(two.parameters(), { lr: 0.1 });
    stepOf(pair, optimizer)();
    const frozen = layer();
    for (const tensor of [frozen.weight, frozen.bias]) if (tensor) tensor.requiresGrad = false;
    stepOf(new Net(() => [one, frozen]), optimizer)();
    const image = parameter(Float32Array.of(1, 2, 3, 4), [2, 2]);
    const unseen = layer();
    mean(square(unseen.forward(image))).backward();
    new Sgd([image], { lr: 0.1 }).step();
  });
});
