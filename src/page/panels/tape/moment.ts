import type { NormTape } from '../../../teach/tape.ts';

/** The tape after so many operations: what is there, and what is on its way. It looks things up, and computes nothing. */
export interface Moment {
  step: number;
  steps: number;
  isBackward: boolean;
  /** The node whose operation was the last; null at the start. */
  node: number | null;
  isComputed(node: number): boolean;
  /** What has arrived of a node's gradient so far: the sum; null: nothing yet. */
  gradient(node: number): number[] | null;
  /** All of it has arrived. */
  isWhole(node: number): boolean;
  /** What has arrived at a node, in order. */
  arrived(node: number): { from: number; slot: number; values: number[]; total: number[] }[];
  /** forward: not used on the way back yet; now: a gradient goes up; passed: one has; constant: none ever will. */
  edge(to: number, slot: number): 'later' | 'forward' | 'now' | 'passed' | 'constant';
}

export function momentOf({ nodes, forward, backward }: NormTape, wanted: number): Moment {
  const steps = forward.length + backward.length;
  const step = Math.min(wanted, steps);
  const back = Math.max(0, step - forward.length);
  const isBackward = back > 0;
  const done = backward.slice(0, back);
  const computed = new Set(forward.slice(0, step));
  const arrivedAt = (rules: NormTape['backward'], node: number) =>
    rules.flatMap(({ node: from, sends }) =>
      sends.filter(({ to }) => to === node).map((each) => ({ ...each, from })),
    );
  const sends = (rules: NormTape['backward'], at: number, slot: number) =>
    rules.some((rule) => rule.node === at && rule.sends.some((each) => each.slot === slot));
  const output = forward[forward.length - 1];
  return {
    step,
    steps,
    isBackward,
    node: step === 0 ? null : isBackward ? backward[back - 1].node : forward[step - 1],
    isComputed: (node) => nodes[node].op === null || computed.has(node),
    arrived: (node) => arrivedAt(done, node),
    isWhole: (node) => arrivedAt(done, node).length === arrivedAt(backward, node).length,
    gradient(node) {
      if (node === output) return step >= forward.length ? nodes[node].gradient : null;
      return arrivedAt(done, node).at(-1)?.total ?? null;
    },
    edge(to, slot) {
      if (isBackward && sends(done.slice(-1), to, slot)) return 'now';
      if (sends(done, to, slot)) return 'passed';
      if (!sends(backward, to, slot)) return 'constant';
      return nodes[to].op === null || computed.has(to) ? 'forward' : 'later';
    },
  };
}
