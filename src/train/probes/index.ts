import { drift } from './drift.ts';
import { instancePower } from './instancePower.ts';
import { keptGradient } from './keptGradient.ts';
import { landscape } from './landscape.ts';
import type { Probe } from './probe.ts';
import { statistics } from './statistics.ts';
import { test } from './test.ts';

/** What can be measured between the steps of a run, beside its scores: every probe once, by its name in a configuration. */
export const probes = { test, drift, instancePower, keptGradient, landscape, statistics } satisfies Record<
  string,
  Probe
>;

export type ProbeName = keyof typeof probes;

export const probeNames = Object.keys(probes) as ProbeName[];
