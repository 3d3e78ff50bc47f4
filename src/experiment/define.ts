import type { Axis } from '../charts/scale.ts';
import { ConfigError, unknownName } from '../errors.ts';
import { configFields, resolveConfig, type TrainOptions } from '../train/config.ts';
import { type MeasureChoice, measureOf, measures } from './measures.ts';
import { planRuns } from './plan.ts';
import type { Results } from './results.ts';

export { firstEpochLoss, type Measure, probed, type Scores } from './measures.ts';
export type { Results, RunRecord } from './results.ts';

/** One value of an axis: of the setting that the axis is named for, or several settings under one name. */
export type GridValue = string | number | ({ readonly name: string } & TrainOptions);

/** Every combination of one value per axis is trained with every seed. */
export type Grid = Readonly<Record<string, readonly GridValue[]>>;

type NameOf<Value> = Value extends { readonly name: infer Name } ? Name : Value;

/** One combination, by the names of its values: `{ norm: 'batch', batchSize: 2 }`. */
export type Point<G extends Grid = Grid> = { readonly [Axis in keyof G]: NameOf<G[Axis][number]> };

/** What a claim found. */
export interface Verdict {
  held: boolean;
  value: number;
  threshold: number;
  /** Which side of the threshold the value had to be on. */
  wanted: 'at least' | 'at most';
}

/** A sentence about the results that a program can find true or false. */
export interface Claim<G extends Grid = Grid> {
  says: string;
  check: (results: Results<G>) => Verdict;
}

/** A published number, for the table that shows it beside ours. */
export interface Published<G extends Grid = Grid> {
  what: string;
  /** As printed in the source, on its data and network. */
  published?: string;
  /** Of our setting, run with PyTorch. */
  pytorch?: string;
  /** Which of our runs it is to be compared with. */
  where: Partial<Point<G>>;
  /** By default that of the figure. */
  measure?: MeasureChoice;
}

export interface Figure<G extends Grid = Grid> {
  /**
   * An axis of the grid: the end of every run over its values. Otherwise the curve of every run: over 'epoch' or 'step', or,
   * for a measure with a curve of its own, what its x is called.
   */
  x: string & ((keyof G & string) | 'epoch' | 'step' | (string & {}));
  y: MeasureChoice;
  /** The scale of x: default linear; for an axis of the grid, a category per value. */
  log?: boolean;
}

/** A chart beside the figure. */
export interface Panel<G extends Grid = Grid> extends Omit<Figure<G>, 'y'> {
  title: string;
  /** Only the runs at these values. */
  where?: Partial<Point<G>>;
  /** One curve of every run per measure. */
  lines: readonly MeasureChoice[];
  /** By default that of the first measure. */
  y?: Axis;
}

export interface ExperimentSpec<G extends Grid> {
  /** Names its folder and its files: `small-batch-mlp`. */
  name: string;
  title: string;
  question: string;
  source: {
    /** Author, year, where: whose figure or claim this is. */
    paper: string;
    /** Which settings are the paper's. */
    kept: string;
    /** Which are not, and why. */
    scaled: string;
  };
  grid: G;
  /** How many: 1 to so many. */
  seeds: number;
  model: TrainOptions;
  data: TrainOptions;
  training: TrainOptions | ((point: Point<G>) => TrainOptions);
  /** Beside what every smoke run changes (plan.ts). */
  smoke?: TrainOptions;
  figure: Figure<G>;
  /** Further charts. */
  panels?: readonly Panel<G>[];
  /** More measures at the end of the runs, for the table of results. */
  columns?: readonly MeasureChoice[];
  claims: readonly Claim<G>[];
  published?: readonly Published<G>[];
  /** What a reader should know before believing the figure, in a few sentences. */
  remarks?: string;
}

/** An experiment whose grid is whatever it is. */
export type Experiment = ExperimentSpec<Grid>;

/** Checks an experiment, down to the configuration of every run; throws a ConfigError that says what is wrong. */
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
  checkCharts(experiment);
  for (const { config } of planRuns(experiment)) resolveConfig(config);
  return experiment;
}

/** A value that must not be smaller. */
export function atLeast(value: number, threshold: number): Verdict {
  return { held: value >= threshold, value, threshold, wanted: 'at least' };
}

/** A value that must not be greater. NaN is on neither side. */
export function atMost(value: number, threshold: number): Verdict {
  return { held: value <= threshold, value, threshold, wanted: 'at most' };
}

/** Every chart's x must be there for its measures, and every measure must be known. */
function checkCharts(experiment: Experiment): void {
  const { figure, panels = [], columns = [], published = [], grid } = experiment;
  const charts = [
    { where: 'figure', x: figure.x, lines: [figure.y] },
    ...panels.map(({ x, lines }, i) => ({ where: `panels[${i}]`, x, lines })),
  ];
  const others = [...columns, ...published.flatMap((row) => row.measure ?? [])];
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
