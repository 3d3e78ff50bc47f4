import { drift } from './drift.ts';
import { instancePower } from './instancePower.ts';
import { keptGradient } from './keptGradient.ts';
import { landscape } from './landscape.ts';
import type { ProbeName } from './names.ts';
import type { Probe } from './probe.ts';
import { statistics } from './statistics.ts';
import { test } from './test.ts';
import { weightGradients } from './weightGradients.ts';

/** What can be measured between the steps of a run, beside its scores. */
export const probes: Readonly<Record<ProbeName, Probe>> = {
  test,
  drift,
  instancePower,
  keptGradient,
  landscape,
  statistics,
  weightGradients,
};
