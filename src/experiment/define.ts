import { ConfigError, unknownName } from '../errors.ts';
import { configFields, resolveConfig } from '../train/config.ts';
import { singlesOf } from './claim.ts';
import { claimError } from './claimErrors.ts';
import { measureOf, measures } from './measures.ts';
import { gridPoints } from './plan.ts';
import type { Grid } from './point.ts';
import type { Experiment, ExperimentSpec } from './spec.ts';

export type { Dataset, ImageSet } from '../data/dataset.ts';
export type { Loss, LossOptions } from '../train/loss.ts';
export type { ProbeValues } from '../train/probes/names.ts';
export type { Probe, ProbeContext } from '../train/probes/probe.ts';
export { alike, type Claim, type Comparison, type Verdict } from './claim.ts';
export { firstEpochLoss, type Measure, measures, probed, type Scores } from './measures.ts';
export type { Grid, GridValue, Point } from './point.ts';
export type { Results, RunRecord } from './results.ts';
export type { Experiment, ExperimentSpec, Figure, Panel, Published } from './spec.ts';

/** Checks an experiment, down to the configuration of every point of the grid; throws a ConfigError that says what is wrong. */
export function defineExperiment<const G extends Grid>(spec: ExperimentSpec<G>): Experiment {
  // Claims of one grid are only ever given results of that grid.
  const experiment = spec as unknown as Experiment;
  checkShape(experiment);
  for (const [axis, values] of Object.entries(experiment.grid)) {
    if (values.length === 0) throw invalid(experiment, `the axis "${axis}" of the grid has no values`);
    if (values.some((value) => typeof value !== 'object') && !isField(axis)) {
      throw invalid(experiment, `grid: ${unknownName('setting', axis, configFields)}`, [
        'name the axis for a setting, or give it values like { name: "large rate", lr: 0.1 }',
      ]);
    }
  }
  const points = gridPoints(experiment);
  for (const [i, claim] of experiment.claims.entries()) {
    const [problem, hint] =
      claimError(
        claim,
        points.map(({ point }) => point),
      ) ?? [];
    if (problem !== undefined) throw invalid(experiment, `claims[${i}] ${problem}`, [hint!]);
  }
  checkMeasures(experiment);
  // Files of code are looked for when runs are planned: only whoever loads this one knows where it lies.
  for (const { settings } of points) resolveConfig(settings);
  return experiment;
}

/** A row of `published` with PyTorch beside it: what it is, which of our runs it stands beside, and as printed, if it is. */
export function row<const At>(what: string, where: At, published?: string) {
  return { what, where, pytorch: true as const, ...(published !== undefined && { published }) };
}

/** Every chart's x must be there for its measures, and every measure must be known. */
function checkMeasures(experiment: Experiment): void {
  const { figure, panels = [], columns = [], published = [], claims, grid } = experiment;
  const charts = [
    { where: 'figure', x: figure.x, lines: [figure.y] },
    ...panels.map(({ x, lines }, i) => ({ where: `panels[${i}]`, x, lines })),
  ];
  const claimed = claims.flatMap(singlesOf).map(({ of }) => of);
  const others = [...columns, ...claimed, ...published.flatMap((row) => row.measure ?? [])];
  for (const measure of [...charts.flatMap(({ lines }) => lines), ...others]) {
    if (typeof measure === 'string' && !(measure in measures)) {
      throw invalid(experiment, unknownName('measure', measure, Object.keys(measures)), [
        `one of: ${Object.keys(measures).join(', ')}`,
      ]);
    }
  }
  const known = [...Object.keys(grid), 'epoch', 'step'];
  for (const { where, x, lines } of charts) {
    if (known.includes(x) || lines.every((measure) => measureOf(measure).curve)) continue;
    throw invalid(experiment, `${where}.x is "${x}"`, [`one of: ${known.join(', ')}`]);
  }
}

/** A file of a user may lack anything, whatever its types say. */
function checkShape(experiment: Experiment): void {
  const parts = [
    'name',
    'title',
    'question',
    'source',
    'grid',
    'seeds',
    'model',
    'data',
    'training',
    'figure',
    'claims',
  ];
  const missing = parts.filter(
    (part) => (experiment as unknown as Record<string, unknown>)[part] === undefined,
  );
  if (missing.length > 0) throw invalid(experiment, `lacks ${missing.join(', ')}`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(experiment.name)) {
    throw invalid(experiment, 'its name names a folder: use small letters, digits and hyphens');
  }
  if (!Number.isInteger(experiment.seeds) || experiment.seeds < 1) {
    throw invalid(experiment, `seeds must be a whole number of at least 1, got ${experiment.seeds}`);
  }
}

function isField(name: string): boolean {
  return (configFields as string[]).includes(name);
}

function invalid(
  { name = '(without a name)' }: Partial<Experiment>,
  problem: string,
  hint: string[] = [],
): ConfigError {
  return new ConfigError(undefined, `experiment ${name}: ${problem}`, hint);
}
