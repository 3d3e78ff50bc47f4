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
  return figureTexts(experiment, runs, caption).map(([file, svg]) => {
    writeWholeFile(join(folder, file), svg);
    return file;
  });
}

/** The same figures, each with its file's name, unwritten. */
export function figureTexts(
  experiment: Experiment,
  runs: readonly RunRecord[],
  caption: string,
): [file: string, svg: string][] {
  return figuresOf(experiment, runs, caption).map((chart, i) => [
    figureFile(experiment.name, i),
    renderSvgChart(chart),
  ]);
}

/** `NAME.svg` for the figure, `NAME-2.svg` and so on for the panels. */
export function figureFile(name: string, i: number): string {
  return `${name}${i === 0 ? '' : `-${i + 1}`}.svg`;
}
