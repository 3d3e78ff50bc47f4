import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { relu } from '../../src/autograd/index.ts';
import { GoldenFileError, type VerifyOptions, verifyFile } from '../../src/verify/index.ts';

const vector = (...data: number[]) => ({ shape: [data.length], data });

/** relu at [-1, 2], as a golden case. */
const reluCase = {
  name: 'relu of two',
  op: 'relu',
  attrs: {},
  inputs: { x: vector(-1, 2) },
  upstream: vector(3, 5),
  outputs: { y: vector(0, 2) },
  grads: { x: vector(0, 5) },
};

function verify(cases: unknown[], options?: VerifyOptions) {
  return verifyFile({ family: 'test', source: 'by hand', cases }, options);
}

test('a case passes in both precisions', () => {
  const report = verify([reluCase]);
  expect(report).toMatchObject({ family: 'test', source: 'by hand', passed: 1, failed: 0, notCovered: 0 });
  expect(report.cases[0].runs).toMatchObject([
    { dtype: 'float64', tolerance: 1e-9, passed: true, worst: { error: 0 } },
    { dtype: 'float32', tolerance: 1e-4, passed: true },
  ]);
});

describe('a case fails', () => {
  test('where a gradient differs, and says which element', () => {
    const [result] = verify([{ ...reluCase, grads: { x: vector(0, 5.001) } }]).cases;
    expect(result.status).toBe('failed');
    expect(result.runs[0].worst).toMatchObject({ tensor: 'grads.x', at: [1], expected: 5.001, actual: 5 });
    expect(result.runs[0].worst?.error).toBeCloseTo(0.001 / 5.001, 12);
  });

  test('where float64 is off by 1e-8: float32 alone would not see it', () => {
    const golden = { ...reluCase, outputs: { y: vector(0, 2 * (1 + 1e-8)) } };
    expect(verify([golden]).cases[0].runs.map((run) => run.passed)).toEqual([false, true]);
    expect(verify([golden], { dtypes: ['float32'] }).failed).toBe(0);
  });

  test('where this engine gives NaN, another shape, or no such output', () => {
    const results = verify([
      { ...reluCase, op: 'log', outputs: { y: vector(0, Math.log(2)) }, grads: {} },
      { ...reluCase, outputs: { y: { shape: [2, 1], data: [0, 2] } } },
      { ...reluCase, outputs: { ...reluCase.outputs, mask: vector(0, 1) } },
      { ...reluCase, grads: { x: vector(0, 5), slope: vector(1) } },
    ]);
    expect(results.failed).toBe(4);
    const [nan, shape, output, gradient] = results.cases.map(({ runs }) => runs[0]);
    expect(nan.worst?.error).toBe(Infinity);
    expect(shape.message).toBe('outputs.y: expected shape [2, 1], got [2]');
    expect(output.message).toMatch(/outputs\.mask: the case has it, this engine gives none/);
    expect(gradient.message).toMatch(/grads\.slope/);
  });

  test('where it throws, and the others go on', () => {
    const broken = { ...reluCase, name: 'broken', op: 'groupNorm' };
    const report = verify([broken, reluCase]);
    expect(report).toMatchObject({ passed: 1, failed: 1 });
    expect(report.cases[0].runs[0].message).toMatch(/attribute "groups": expected a number, got undefined/);
  });

  test('where the last loss of a training run differs, or one of its final parameters', () => {
    const text = readFileSync(new URL('../golden/training.json', import.meta.url), 'utf8');
    const [first, second] = JSON.parse(text).cases;
    first.losses[11] += 0.01;
    second.finalParams[8].weight.data[5] += 0.01;
    const { cases } = verify([first, second]);
    expect(cases.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(cases.map(({ runs }) => runs[1].worst?.tensor)).toEqual(['losses', 'finalParams.8.weight']);
  });

  test('where an attribute has another type', () => {
    const golden = { ...reluCase, op: 'softmax', attrs: { axis: 'last' } };
    expect(verify([golden]).cases[0].runs[0].message).toMatch(
      /attribute "axis": expected a number, got "last"/,
    );
  });
});

describe('what this engine lacks is not covered', () => {
  test('an operation: named, counted, never passed', () => {
    const report = verify([{ ...reluCase, op: 'quantumNorm' }, reluCase]);
    expect(report).toMatchObject({ passed: 1, failed: 0, notCovered: 1 });
    expect(report.cases[0]).toEqual({
      name: 'relu of two',
      op: 'quantumNorm',
      status: 'not covered',
      runs: [],
      lacks: ['quantumNorm'],
    });
  });

  test('an optimizer, and the layers of a training run', () => {
    const text = readFileSync(new URL('../golden/training.json', import.meta.url), 'utf8');
    const [training] = JSON.parse(text).cases;
    training.layers[1].type = 'quantumNorm';
    training.optimizer.type = 'lion';
    const optimizer = { name: 'lion', op: 'lion', inputs: {}, gradSequence: [], paramSequence: [] };
    expect(verify([training, optimizer]).cases.map((golden) => golden.lacks)).toEqual([
      ['quantumNorm', 'lion'],
      ['lion'],
    ]);
  });

  test('operations can be given', () => {
    const ops = { quantumNorm: ({ x }: Record<string, Parameters<typeof relu>[0]>) => ({ y: relu(x) }) };
    expect(verify([{ ...reluCase, op: 'quantumNorm' }], { ops }).passed).toBe(1);
  });
});

test('a tensor that cancels to noise is measured against what went in', () => {
  // Both sides' dgamma of a constant input is 0 but for rounding, and PyTorch's is not exactly that
  const golden = {
    ...reluCase,
    op: 'instanceNorm',
    inputs: { x: { shape: [1, 1, 3], data: [3.3, 3.3, 3.3] }, gamma: vector(2) },
    upstream: { shape: [1, 1, 3], data: [1, 1, 1] },
    outputs: { y: { shape: [1, 1, 3], data: [0, 0, 0] } },
    grads: { gamma: vector(3e-13) },
  };
  expect(verify([golden]).passed).toBe(1);
  expect(verify([{ ...golden, grads: { gamma: vector(3e-9) } }]).failed).toBe(1);
});

describe('other shapes and attributes than those of the files', () => {
  const images = { shape: [1, 2, 1, 2], data: [1, 3, 10, 20] };

  test('softmax along the channels of images', () => {
    const p = (a: number, b: number) => Math.exp(a) / (Math.exp(a) + Math.exp(b));
    const golden = {
      ...reluCase,
      op: 'softmax',
      attrs: { axis: 1 },
      inputs: { x: images },
      upstream: null,
      outputs: { y: { shape: [1, 2, 1, 2], data: [p(1, 10), p(3, 20), p(10, 1), p(20, 3)] } },
      grads: {},
    };
    expect(verify([golden]).passed).toBe(1);
  });

  test('reductions without keepDims, over all axes, and with one axis', () => {
    const of = (attrs: object, y: object) => ({
      ...reluCase,
      op: 'sum',
      attrs,
      inputs: { x: images },
      upstream: null,
      outputs: { y },
      grads: {},
    });
    const report = verify([
      of({}, { shape: [], data: [34] }),
      of({ axes: [1, 3] }, { shape: [1, 1], data: [34] }),
      of({ axis: 3, keepDims: true }, { shape: [1, 2, 1, 1], data: [4, 30] }),
    ]);
    expect(report.passed).toBe(3);
  });

  test('averages that do not count the padding', () => {
    const of = (countIncludePad: boolean, ...data: number[]) => ({
      ...reluCase,
      op: 'avgPool2d',
      attrs: { kernelSize: 2, padding: [1, 0], countIncludePad },
      inputs: { x: images },
      upstream: null,
      outputs: { y: { shape: [1, 2, 1, 1], data } },
      grads: {},
    });
    expect(verify([of(true, 1, 7.5), of(false, 2, 15)]).passed).toBe(2);
  });

  test('norms of sequences [N, C, L], with and without gamma', () => {
    const x = { shape: [2, 2, 2], data: [1, 3, 10, 20, 5, 7, 30, 40] };
    const of = (op: string, attrs: object, data: number[], inputs = {}) => ({
      ...reluCase,
      op,
      attrs: { eps: 0, ...attrs },
      inputs: { x, ...inputs },
      upstream: null,
      outputs: { y: { shape: x.shape, data } },
      grads: {},
    });
    const sqrt5 = Math.sqrt(5);
    const batch = [-3, -1, -3, -1, 1, 3, 1, 3].map((d) => d / sqrt5);
    const report = verify([
      of('instanceNorm', {}, [-1, 1, -1, 1, -1, 1, -1, 1]),
      of('groupNorm', { groups: 2 }, [-1, 1, -2, 2, -1, 1, -2, 2], { gamma: vector(1, 2) }),
      of('batchNorm', { training: true }, batch),
      of('layerNorm', { normalizedShape: [2] }, [-1, 1, -1, 1, -1, 1, -1, 1]),
      of('layerNormChannels', {}, [-1, -1, 1, 1, -1, -1, 1, 1]),
    ]);
    expect(report.cases.map(({ op, status }) => [op, status])).toEqual(
      report.cases.map(({ op }) => [op, 'passed']),
    );
  });
});

describe('a file that cannot be read', () => {
  const files: [string, unknown, RegExp][] = [
    ['not JSON', '{ "family": ', /^bad\.json: not JSON: /],
    ['not an object', '[]', /^bad\.json: not a golden file: .*family/],
    ['no cases', { family: 'x' }, /bad\.json: .*cases/],
    ['a case without a name', { family: 'x', cases: [{ op: 'relu' }] }, /cases\.0\.name/],
    [
      'data that does not fill the shape',
      { family: 'x', cases: [{ ...reluCase, inputs: { x: { shape: [3], data: [1, 2] } } }] },
      /cases\.0\.inputs\.x: shape \[3\] does not hold the 2 values of data/,
    ],
    [
      'data that is not numbers',
      { family: 'x', cases: [{ ...reluCase, inputs: { x: { shape: [1], data: [null] } } }] },
      /cases\.0\.inputs\.x\.data: expected an array of finite numbers/,
    ],
    [
      'no outputs',
      { family: 'x', cases: [{ ...reluCase, outputs: {} }] },
      /cases\.0\.outputs: needs at least one/,
    ],
    [
      'a truncated optimizer sequence',
      {
        family: 'x',
        cases: [
          {
            name: 'sgd',
            op: 'sgd',
            inputs: { p0: vector(1) },
            gradSequence: [[vector(1)]],
            paramSequence: [],
          },
        ],
      },
      /gradSequence and paramSequence need one list per step/,
    ],
  ];
  for (const [name, content, message] of files) {
    test(`${name}: is named, with the place`, () => {
      const read = () => verifyFile(content, { file: 'bad.json' });
      expect(read).toThrow(GoldenFileError);
      expect(read).toThrow(message);
    });
  }
});
