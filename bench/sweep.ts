import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PALETTE } from '../src/charts/colors.ts';
import type { LineChart } from '../src/charts/lineChart.ts';
import { renderSvgChart } from '../src/charts/svgChart.ts';
import { type StepCase, step } from './cases.ts';
import { type Effort, measure, type Result } from './measure.ts';
import type { Starter } from './side.ts';

/**
 * `npm run bench -- --sweep`: what a training step costs per image, over the batch size and the width of the network, as charts
 * and as the numbers in them (bench/charts/).
 */
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128];
/** The mlp's hidden layers; the channels of the first stage of resnet20, which ends with four times as many. */
const WIDTHS = { mlp: [64, 128, 256, 512], resnet20: [8, 16, 32, 64] };
/** BatchNorm over one sample without positions has nothing to normalize. */
const NORMS = { mlp: 'none', resnet20: 'batch' };

type Model = keyof typeof WIDTHS;
export const sweptModels = Object.keys(WIDTHS) as Model[];

/** How the results of a sweep are told apart from those of another machine. */
interface About {
  machine: string;
  threads: number;
  peer: string | null;
}

export const sweepCases = (model: Model): StepCase[] =>
  WIDTHS[model].flatMap((width) => BATCHES.map((batch) => step(model, NORMS[model], batch, width)));

/** `tell` is called for each result. Once the peer has run out of patience, larger batches of that width are not asked of it. */
export async function sweep(
  model: Model,
  sides: { ours: Starter; peer: Starter | null },
  effort: Effort,
  tell: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  let lost: number | undefined;
  for (const each of sweepCases(model)) {
    const peer = each.width === lost ? null : sides.peer;
    const result = await measure('training steps', each, { ...sides, peer }, effort);
    if (result.missing !== null) lost = each.width;
    results.push(result);
    tell(result);
  }
  return results;
}

const charts = (name: string): string => fileURLToPath(new URL(`charts/${name}`, import.meta.url));

/** Writes cost-MODEL.svg and cost-MODEL.json, and says where. */
export function writeSweep(model: Model, results: readonly Result[], about: About): string {
  const numbers = results.map(({ case: benchCase, ours, peer }) => {
    const { width, batch } = benchCase as StepCase;
    const [ms, peerMs] = [ours, peer].map((side) => side && Number(side.times.median.toPrecision(4)));
    return { width: width!, batch, ms: ms!, peerMs };
  });
  mkdirSync(charts(''), { recursive: true });
  const lines = numbers.map((each) => `    ${JSON.stringify(each)}`).join(',\n');
  const head = JSON.stringify({ ...about, model }).slice(1, -1);
  writeFileSync(charts(`cost-${model}.json`), `{${head},\n  "steps": [\n${lines}\n  ]\n}\n`);
  writeFileSync(charts(`cost-${model}.svg`), renderSvgChart(chartOf(model, numbers, about)));
  return charts(`cost-${model}.svg`);
}

interface Cost {
  width: number;
  batch: number;
  ms: number;
  peerMs: number | null;
}

function chartOf(model: Model, numbers: readonly Cost[], { machine, threads, peer }: About): LineChart {
  const what = model === 'mlp' ? 'hidden layers of' : 'channels from';
  const line = (width: number, i: number, isPeer: boolean): LineChart['series'][number] => ({
    name: isPeer ? `${width}, ${peer!.split(' (')[0]}` : `${what} ${width}`,
    style: { color: PALETTE[i], dash: isPeer ? '5 3' : '', marker: isPeer ? 'cross' : 'circle' },
    points: numbers
      .filter((each) => each.width === width && (!isPeer || each.peerMs !== null))
      .map(({ batch, ms, peerMs }) => ({ x: batch, y: (isPeer ? peerMs! : ms) / batch })),
  });
  const own = WIDTHS[model].map((width, i) => line(width, i, false));
  const rival = peer === null ? [] : WIDTHS[model].map((width, i) => line(width, i, true));
  return {
    title: `${model}, ${NORMS[model] === 'none' ? 'no norm' : 'BatchNorm'}: time of a training step per image`,
    x: { label: 'batch size', type: 'log2' },
    y: { label: 'time per image', unit: 'ms', type: 'log10' },
    series: [...own, ...rival],
    caption: `Forward, backward and optimizer; medians. ${machine}, ${threads} threads.`,
  };
}
