import type { Axis } from '../charts/scale.ts';
import type { TrainOptions } from '../train/config.ts';
import type { Claim } from './claim.ts';
import type { MeasureChoice } from './measures.ts';
import type { Grid, Point } from './point.ts';

/** A published number, for the table that shows it beside ours. */
export interface Published<G extends Grid = Grid> {
  what: string;
  /** As printed in the source, on its data and network. */
  published?: string;
  /** Its runs are trained in PyTorch, too (`normgrad experiment NAME --pytorch`), and stand beside ours. */
  pytorch?: true;
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
  /**
   * Where the paths of own files begin (norm: './power.mjs'). By default the folder of the experiment's file, if a command was given
   * one, and otherwise the current folder.
   */
  folder?: string;
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
