import { extname } from 'node:path';
import { type Command, Option } from 'commander';
import { type BandName, bandNames } from '../../charts/band.ts';
import type { LineChart } from '../../charts/lineChart.ts';
import { renderPng } from '../../charts/png.ts';
import { renderSvgChart } from '../../charts/svgChart.ts';
import { renderTerminalChart } from '../../charts/terminalChart.ts';
import { terminalColors } from '../../charts/terminalColors.ts';
import { describeSettings } from '../../experiment/describeSettings.ts';
import { plotRuns } from '../../experiment/plotRuns.ts';
import { guarded } from '../../runs/files.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { UsageError } from '../exit.ts';
import { asFlags, checkMeasure, finishedRuns, measureNames } from '../finishedRuns.ts';
import { addExamples, type Example } from '../help.ts';
import { columns, type Output, outputOf } from '../output.ts';

const formats = ['term', 'svg', 'png'] as const;
type Format = (typeof formats)[number];

interface Options {
  x: string;
  y: string;
  by?: string;
  band: BandName;
  logY?: boolean;
  title?: string;
  format?: Format;
  out?: string;
}

const examples: Example[] = [
  ['normgrad plot runs/sweep-20261122-141003', 'test accuracy over the epochs, in the terminal'],
  ['normgrad plot runs/first --x step --y trainLoss --log-y'],
  ['normgrad plot runs/first --x batchSize --y testError --band ci95 --out figure.svg'],
  ['normgrad plot runs/first runs/second --by norm,lr --out figure.png'],
];

const remark = 'PNG needs one more package: npm install @resvg/resvg-js';

/** `plot`: the curves of finished runs. */
export function register(command: Command): void {
  command
    .argument('<dir...>', 'folders of runs, or folders that hold such')
    .option('--x <epoch|step|setting>', 'the course of the runs, or their ends over a setting', 'epoch')
    .option('--y <measure>', measureNames.join(', '), 'testAccuracy')
    .option('--by <field,…>', 'a curve for each combination of these settings (default: all that differ)')
    .addOption(
      new Option('--band <what>', 'around the mean over the seeds').choices(bandNames).default('std'),
    )
    .option('--log-y', 'a logarithmic y axis')
    .option('--title <text>', 'above the chart')
    .addOption(
      new Option('--format <format>', 'default: by the ending of --out, or the terminal').choices(formats),
    )
    .option('--out <file>', 'where to write it (default: stdout)')
    .action(run);
  addExamples(command, examples, remark);
}

async function run(folders: string[], options: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const { x, by, band, logY, title, out } = options;
  const format = formatOf(options);
  const y = checkMeasure('y', options.y, measureNames);
  const { runs, unfinished } = finishedRuns(folders);
  const caption = `${describeSettings(runs)}.`;
  const chart = asFlags(() => plotRuns(runs, { x, y, by: by?.split(','), band, logY, title, caption }));
  if (unfinished > 0) output.warn(`unfinished, and left out: ${unfinished}`);
  const drawn = await draw(chart, format, out === undefined, output);
  if (out !== undefined) guarded(out, () => writeWholeFile(out, drawn), '');
  output.raw(out ?? String(drawn).trimEnd());
  output.event('result', { file: out, format, chart });
}

function formatOf({ format, out }: Options): Format {
  if (format === 'png' && out === undefined) throw new UsageError('--format png needs --out FILE.png');
  if (format !== undefined) return format;
  if (out === undefined) return 'term';
  const ending = extname(out).slice(1).toLowerCase();
  if (ending === 'svg' || ending === 'png') return ending;
  throw new UsageError(`--out ${out}: its ending says no format`, [
    'end it in .svg or .png, or add --format',
  ]);
}

/** `shown`: on stdout, which may have colours and a width of its own. */
async function draw(chart: LineChart, format: Format, shown: boolean, output: Output) {
  switch (format) {
    case 'svg':
      return renderSvgChart(chart);
    case 'png':
      return renderPng(renderSvgChart(chart));
    case 'term': {
      const plain = terminalColors({ stream: {}, flag: false });
      const colors = shown ? output.stdout : plain;
      return `${renderTerminalChart(chart, { width: shown ? columns(process.stdout) : 80, colors })}\n`;
    }
  }
}
