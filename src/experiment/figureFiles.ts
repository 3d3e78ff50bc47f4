import { join } from 'node:path';
import { renderSvgChart } from '../charts/svgChart.ts';
import { writeWholeFile } from '../wholeFile.node.ts';
import { figuresOf } from './figure.ts';
import type { RunRecord } from './results.ts';
import type { Experiment } from './spec.ts';

/** The figure and the panels, in `folder`; returns the files' names. */
export function writeFigures(
  folder: string,
  experiment: Experiment,
  runs: readonly RunRecord[],
  caption: string,
): string[] {
  return figuresOf(experiment, runs, caption).map((chart, i) => {
    const file = figureFile(experiment.name, i);
    writeWholeFile(join(folder, file), renderSvgChart(chart));
    return file;
  });
}

/** `NAME.svg` for the figure, `NAME-2.svg` and so on for the panels. */
export function figureFile(name: string, i: number): string {
  return `${name}${i === 0 ? '' : `-${i + 1}`}.svg`;
}
