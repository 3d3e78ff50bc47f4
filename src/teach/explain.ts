import { type NormEntry, registry } from '../nn/norm/registry.ts';
import { derivationOf } from './derivation.ts';
import type { Explanation, Standardization } from './explanation.ts';
import { forgetting } from './forgetting.ts';
import { standardFormula } from './formula.ts';
import { generalInvariants, standardInvariants } from './invariants.ts';
import { numericJacobian, pictureOf, reachOf } from './jacobian.ts';
import { commandName } from './origin.ts';
import { standardizationOf } from './paths.ts';
import type { Request } from './request.ts';
import { checkDx, createSubject, flatIndex, gradients, numericDx, type Subject, traceOf } from './subject.ts';

/** The largest tensor whose Jacobian is drawn unasked: its rows and columns must fit a terminal. */
const largestPicture = 24;
/** The largest one of which an element can be asked about (`at`). */
const largestWithElement = 64;

/** Everything about a norm's forward and backward pass on the given numbers, computed in float64 by the engine itself. */
export function explainNorm(entry: NormEntry, request: Request): Explanation {
  const { title, paper, kind, sets, parameters } = entry;
  const { detach = 'none', mode = 'train' } = request;
  if (detach !== 'none' && !entry.detaches) {
    const others = registry.filter(({ detaches }) => detaches).map(({ name }) => name);
    throw new Error(
      `explain: ${title} has no switch that detaches its statistics; norms that have it: ${others.join(', ')}`,
    );
  }
  const subject = createSubject(entry, request);
  const { x, upstream, forward } = subject;
  const y = forward().toArray();
  const { dx, learned } = gradients(subject);
  const rules = traceOf(subject);
  const derivation = derivationOf(subject, rules);
  const numeric = numericDx(subject);
  const { at } = request;
  const standardization = standardizationOf(subject, rules);
  // The set that was asked about comes first, for there is not always room for all
  if (at && standardization) {
    const i = flatIndex(at, x.shape);
    standardization.sets.sort((a, b) => Number(b.members.includes(i)) - Number(a.members.includes(i)));
  }

  const images = at !== undefined || (request.shape !== undefined && x.rank === 4);
  const largest = at ? largestWithElement : largestPicture;
  const drawn = images && x.size <= largest;
  const jacobian = numericJacobian(x, forward);
  const notes = [...subject.notes, ...surprises(subject, standardization)];
  if (images && !drawn) {
    notes.push(`the Jacobian of ${x.size} elements is too large to draw; up to ${largest}: --shape 2,2,2,2.`);
  }
  const picture = () =>
    at
      ? pictureOf(jacobian, x.shape, standardization, flatIndex(at, x.shape), dx)
      : pictureOf(jacobian, x.shape, standardization);
  return {
    norm: entry.name,
    title,
    paper,
    kind,
    formula: standardization
      ? [
          standardFormula(
            standardization,
            learned.map(({ name }) => name),
          ),
        ]
      : derivation.forward,
    sets,
    parameters,
    mode,
    detach,
    shape: x.shape,
    reading: subject.reading,
    x: [...x.data],
    y,
    upstream: [...upstream.data],
    dx,
    numericDx: numeric,
    learned,
    standardization,
    check: {
      maxDiff: Math.max(...dx.map((value, i) => Math.abs(value - numeric[i]))),
      passed: checkDx(subject, dx).passed,
    },
    invariants: standardization
      ? standardInvariants(standardization, { dx, dy: upstream.data, weight: kind === 'weight' })
      : generalInvariants(subject, dx, jacobian),
    reach: reachOf(jacobian, x.shape, kind === 'weight'),
    picture: drawn ? picture() : null,
    forgetting: standardization ? forgetting(subject, standardization, dx) : [],
    derivation,
    notes,
    tries: tries(entry, request, standardization),
  };
}

/** What is odd about this input, in words. */
export function surprises({ x, entry }: Subject, paths: Standardization | null): string[] {
  const notes: string[] = [];
  if (paths && !paths.constants) {
    if (paths.m === 1) notes.push('one value per set: x̂ = 0 whatever x is, and no gradient gets through.');
    if (paths.m === 2 && paths.centred) {
      notes.push(
        'two values per set: x̂ = ±1 whatever x is, and dx is of the size of ε: the set learns nothing.',
      );
    }
    if (paths.sets.some(({ variance }) => variance === 0) && paths.m > 1) {
      notes.push('a constant set: x̂ = 0 and σ = √ε, so that g without its mean is divided by √ε.');
    }
  }
  if (entry.dependsOnBatch === 'training' && x.shape[0] === 1) {
    notes.push('the batch has one sample here.');
  }
  return notes;
}

function tries(entry: NormEntry, request: Request, paths: Standardization | null): string[] {
  const { name } = entry;
  const called = commandName(entry);
  const moves = paths !== null && !paths.constants;
  const detached = paths?.centred ? 'mean' : 'variance';
  const list = [
    moves && entry.detaches && !request.detach && `explain ${called} --detach ${detached}`,
    name === 'batch' && moves && 'explain batch --mode eval',
    name === 'batch' && 'explain batch --x "1;3"',
    entry.kind === 'activation' &&
      !request.shape &&
      `explain ${called} --shape ${name === 'group' ? '2,1,3,4' : '2,2,2,2'}`,
    paths && `quiz ${called}`,
    `gradcheck ${called}`,
  ];
  return list.flatMap((line) => (line ? [`normgrad ${line}`] : [])).slice(0, 4);
}
