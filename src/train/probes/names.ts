/** Every probe by its name in a configuration, in the order of the help; index.ts has the probes themselves. */
export const probeNames = [
  'test',
  'drift',
  'instancePower',
  'inputCondition',
  'keptGradient',
  'landscape',
  'layerInputs',
  'statistics',
  'varianceShift',
  'weightGradients',
] as const;

export type ProbeName = (typeof probeNames)[number];

/** What a probe measured, by name: numbers, or one per layer. */
export type ProbeValues = Readonly<Record<string, number | readonly number[]>>;
