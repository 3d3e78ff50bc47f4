import type { Tensor } from '../autograd/index.ts';
import { wrap } from '../autograd/index.ts';
import { watching } from '../autograd/watch.ts';
import { type NDArray, sizeOf } from '../kernels/contract.ts';
import { read } from '../nn/norm/core/calculus.ts';
import type { RuleTrace } from '../nn/norm/core/trace.ts';
import type { NormEntry } from '../nn/norm/registry.ts';
import { composedNorm, type Label } from './composed.ts';
import { fileOf } from './origin.ts';
import type { Request } from './request.ts';
import { checkDx, createSubject, gradients, numericDx, type Subject, traceOf } from './subject.ts';

/** One norm, backward, by two ways: autograd's on a graph of ordinary operations, and the one that is written in the norm's file. */
export interface NormTape {
  /** In the order of computation, the leaves x, gamma and beta first. */
  nodes: TapeNode[];
  /** The operations in the order in which they were computed, as indices of nodes. */
  forward: number[];
  /** The same on the way back, each with what it hands to its inputs. */
  backward: { node: number; sends: Arrival[] }[];
  /** The norm's file, and its steps as they ran. */
  file: string;
  written: WrittenStep[];
  /** dL/dx by autograd, by the written backward, by differences of the loss; the written one's check. */
  dx: { composed: number[]; written: number[]; numeric: number[] };
  /** The largest difference of composed and written. */
  difference: number;
  check: { maxDiff: number; passed: boolean };
}

export interface TapeNode extends Label {
  /** The operation of the engine; null for a leaf. */
  op: string | null;
  /** Its inputs, as indices of nodes. */
  inputs: number[];
  shape: readonly number[];
  data: number[];
  /** dL/d(this), complete; null where none comes. */
  gradient: number[] | null;
  /** A statistic that counts as a constant: nothing goes back through it. */
  isConstant: boolean;
}

/** A gradient on its way along an edge, from an operation to one of its inputs, summed over what shares the input. */
interface Arrival {
  to: number;
  /** Which of the operation's inputs. */
  slot: number;
  values: number[];
  /** With all that had arrived there before: the gradient so far. */
  total: number[];
}

interface WrittenStep {
  /** mu, g, dsigma; `dx, mu` for a path of dx, and `dx`. */
  name: string;
  formula: string;
  values: number[];
  /** After so many operations of the other side the same number is there; null: it has none. */
  step: number | null;
  /** The largest difference from it. */
  difference: number | null;
}

/** Both ways on the numbers of a request. Throws where the norm is something else than one standardization. */
export function tapeOf(entry: NormEntry, request: Request): NormTape {
  const subject = createSubject(entry, request);
  const rules = traceOf(subject);
  const standard = rules[0]?.printed.standard;
  if (!entry.view || !standard || rules.length !== 1) {
    throw new Error(`${entry.title} is something else than one standardization: it is not composed here.`);
  }
  const recorded = recordComposed(subject, rules[0]);
  const { dx, learned } = gradients(subject);
  const numeric = numericDx(subject);
  const composed = recorded.nodes[0].gradient ?? dx.map(() => 0);
  const ofParameters = new Map(learned.map(({ name, gradient }) => [`d${name}`, gradient]));
  return {
    ...recorded,
    file: fileOf(entry),
    written: writtenSteps(recorded, rules[0], dx, ofParameters),
    dx: { composed, written: dx.map(plain), numeric },
    difference: largestDifference(composed, dx),
    check: { maxDiff: largestDifference(dx, numeric), passed: checkDx(subject, dx).passed },
  };
}

type Recorded = Pick<NormTape, 'nodes' | 'forward' | 'backward'>;

function recordComposed({ entry, x: given, options, layer, upstream }: Subject, rule: RuleTrace): Recorded {
  const view = entry.view!(given.shape, options);
  const shape = [view.n, view.p, view.g, view.k];
  const leaf = ({ data, shape }: NDArray) => {
    const tensor = wrap(data.slice(), shape);
    tensor.requiresGrad = true;
    return tensor;
  };
  const parameter = (name: string) => {
    const found = layer.namedParameters().get(name);
    return found ? leaf(read(found, given, view)) : null;
  };
  const x = leaf({ shape, data: given.data });
  const [gamma, beta] = [parameter('gamma'), parameter('beta')];
  const constant = (name: 'mu' | 'v') => {
    const value = rule.steps.get(name);
    return value && !rule.paths.has(name) ? wrap(value.data.slice(), value.shape) : undefined;
  };
  const constants = { mu: constant('mu'), v: constant('v') };

  const nodes: TapeNode[] = [];
  const indexOf = new Map<Tensor, number>();
  const add = (
    tensor: Tensor,
    op: string | null,
    inputs: readonly Tensor[],
    label: Label,
    isConstant = false,
  ) => {
    indexOf.set(tensor, nodes.length);
    const data = Array.from(tensor.data, plain);
    const from = inputs.map((each) => indexOf.get(each)!);
    nodes.push({ ...label, op, inputs: from, shape: tensor.shape, data, gradient: null, isConstant });
  };
  add(x, null, [], { label: 'x' });
  if (gamma) add(gamma, null, [], { name: 'gamma', label: 'γ' });
  if (beta) add(beta, null, [], { name: 'beta', label: 'β' });
  if (constants.mu) add(constants.mu, null, [], { name: 'mu', label: 'μ' }, true);
  if (constants.v) add(constants.v, null, [], { name: 'v', label: 'v' }, true);

  const backward: Recorded['backward'] = [];
  const note = (y: Tensor, label: Label): Tensor => {
    const { op, inputs } = latest!;
    add(y, op, inputs, label);
    watchRule(y, (slot, values) => {
      const node = indexOf.get(y)!;
      if (backward.at(-1)?.node !== node) backward.push({ node, sends: [] });
      const to = indexOf.get(inputs[slot])!;
      const before = nodes[to].gradient;
      const total = before ? before.map((value, i) => value + values[i]) : values;
      nodes[to].gradient = total;
      backward.at(-1)!.sends.push({ to, slot, values, total });
    });
    return y;
  };
  let latest: { op: string; inputs: readonly Tensor[] } | undefined;
  const y = watching(
    (op, _, inputs) => {
      latest = { op, inputs: inputs.filter((input) => input !== null) };
    },
    () =>
      composedNorm({ x, gamma, beta, constants, note, centred: entry.centred, ...rule.printed.standard! }),
  );
  const forward = nodes.flatMap(({ op }, i) => (op === null ? [] : [i]));
  const output = nodes[indexOf.get(y)!];
  // Without gamma and beta y is xHat itself.
  if (output.name === undefined) Object.assign(output, { name: 'y', label: 'y' });
  else output.label = 'y = x̂';
  const dy = { shape: y.shape, data: upstream.data.slice() };
  output.gradient = Array.from(dy.data, plain);
  y.backward({ gradient: dy });
  // What autograd itself has gathered, where it can be read.
  if (x.grad) nodes[0].gradient = Array.from(x.grad.data, plain);
  return { nodes, forward, backward };
}

/** Shows what the rule of an operation hands to each input that needs it. The rule stays as it is. */
function watchRule({ node }: Tensor, see: (slot: number, values: number[]) => void): void {
  const rule = node?.backward;
  if (!node || !rule) return;
  node.backward = (dy, needs) => {
    const gradients = rule(dy, needs);
    return gradients.map((gradient, slot) => {
      const input = node.inputs[slot];
      if (!needs[slot] || !input || gradient === null) return gradient;
      return () => {
        const value = typeof gradient === 'function' ? gradient() : gradient;
        see(slot, sumTo(input.shape, value));
        return value;
      };
    });
  };
}

/** A gradient of the shape that the input was broadcast to, summed over what shares its numbers. Both have as many axes. */
function sumTo(shape: readonly number[], { shape: from, data }: NDArray): number[] {
  const sums = new Array<number>(sizeOf(shape)).fill(0);
  for (let i = 0; i < data.length; i++) {
    let [rest, at, stride] = [i, 0, 1];
    for (let axis = from.length - 1; axis >= 0; axis--) {
      const index = rest % from[axis];
      rest = Math.floor(rest / from[axis]);
      at += (shape[axis] === 1 ? 0 : index) * stride;
      stride *= shape[axis];
    }
    sums[at] += data[i];
  }
  return sums;
}

/** The lines of the norm's file, each beside the number of the graph that it stands for. */
function writtenSteps(
  { nodes, forward, backward }: Recorded,
  rule: RuleTrace,
  dx: readonly number[],
  ofParameters: ReadonlyMap<string, readonly number[]>,
): WrittenStep[] {
  const whole = (values: NDArray) => Array.from(rule.everywhere(values), plain);
  const lines = [...rule.formulas].flatMap(([name, formula]): WrittenStep[] => {
    const path = name.startsWith('dx, ') ? name.slice('dx, '.length) : null;
    const value = path === null ? rule.steps.get(name) : rule.paths.get(path);
    const values =
      ofParameters.get(name) ?? (value && (path === null ? Array.from(value.data, plain) : whole(value)));
    if (!values) return [];
    const same = path === null ? counterpart(name) : arrivalOf(path);
    return [{ name, formula, values: [...values], ...compared(same, values) }];
  });
  const steps = forward.length + backward.length;
  const sum = { name: 'dx', formula: 'the sum of its paths', values: dx.map(plain) };
  return [...lines, { ...sum, ...compared({ values: nodes[0].gradient ?? [], step: steps }, dx) }];

  function counterpart(name: string): { values: readonly number[]; step: number } | null {
    const at = name === 'y' ? forward[forward.length - 1] : nodes.findIndex((node) => node.name === name);
    if (at >= 0) return { values: nodes[at].data, step: forward.indexOf(at) + 1 };
    const of = name === 'g' ? 'xHat' : name.slice(1);
    const node = nodes.findIndex((each) => each.name === of);
    if (node < 0 || !nodes[node].gradient) return null;
    const last = backward.findLastIndex(({ sends }) => sends.some(({ to }) => to === node));
    return { values: nodes[node].gradient, step: forward.length + last + 1 };
  }

  function arrivalOf(path: string): { values: readonly number[]; step: number } | null {
    const at = backward.findIndex(({ node }) => nodes[node].path === path);
    const arrival = backward[at]?.sends.find(({ to }) => to === 0);
    return arrival ? { values: arrival.values, step: forward.length + at + 1 } : null;
  }
}

function compared(same: { values: readonly number[]; step: number } | null, values: readonly number[]) {
  if (!same || same.values.length !== values.length) return { step: same?.step ?? null, difference: null };
  return { step: same.step, difference: largestDifference(same.values, values) };
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(0, ...a.map((value, i) => Math.abs(value - b[i])));
}

/** 0 + …: 0, and not -0. */
const plain = (value: number): number => 0 + value;
