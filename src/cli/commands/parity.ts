import type { Command } from 'commander';
import { plural, unknownName } from '../../errors.ts';
import { seriesName } from '../../experiment/figure.ts';
import { planRuns, smokeSettings } from '../../experiment/plan.ts';
import { type ParityCase, parityCases, parityImages } from '../../pytorch/cases.ts';
import { parityPage } from '../../pytorch/page.ts';
import { compareAll, heads, legend, type ParityResult, summaryRow, whyNot } from '../../pytorch/table.ts';
import { startWorker } from '../../pytorch/worker.ts';
import { guarded } from '../../runs/files.ts';
import { loadFiles } from '../../train/codeFields.ts';
import type { TrainConfig } from '../../train/config.ts';
import { loadData, onceInARow, prepareData, type TrainData } from '../../train/data.ts';
import { typed } from '../../typed.node.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { atLeastOne } from '../arguments.ts';
import { EXIT, UsageError } from '../exit.ts';
import { findExperiment } from '../experiment/find.ts';
import { addExamples, type Example } from '../help.ts';
import { type Output, outputOf } from '../output.ts';
import { numeric, tableText, verdicts } from '../table.ts';

interface Options {
  model?: string;
  norm?: string;
  steps: number;
  dataDir?: string;
  smoke?: boolean;
  out?: string;
}

const examples: Example[] = [
  ['normgrad parity --model cnn --norm batch,layer', 'a network with two norms'],
  ['normgrad parity small-batch-conv --data-dir DIR', 'the arms of an experiment'],
  ['normgrad parity --out docs/parity.md', 'every model with every norm, as a page'],
];

const remark =
  'Needs PyTorch: apt-get install python3-torch (Debian, Ubuntu) or python3 -m pip install torch; NORMGRAD_PYTHON names the Python. ' +
  'Exit code 1 if a run does not agree, 3 without PyTorch.';

/** `parity`: the same training in this engine and in PyTorch, compared step by step. */
export function register(command: Command): void {
  command
    .argument('[experiment]', 'its arms, on its data; without one, small networks on made-up images')
    .option('--model <names>', 'only these models, with commas')
    .option('--norm <names>', 'only these norms, with commas')
    .option('--steps <n>', 'steps of training', atLeastOne, 50)
    .option('--data-dir <dir>', 'folder with mnist/, cifar-10-batches-bin/ … (default: the cache)')
    .option('--smoke', "an experiment's arms on drawn digits")
    .option('--out <file>', 'write a page of Markdown, too')
    .action(run);
  addExamples(command, examples, remark);
}

async function run(name: string | undefined, options: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const { steps, out } = options;
  if (name === undefined && (options.smoke || options.dataDir !== undefined)) {
    const flag = options.smoke ? '--smoke' : '--data-dir';
    throw new UsageError(`${flag}: of which experiment? Without one, the images are made up`, [
      `for example: ${typed('parity small-batch-conv --smoke')}`,
    ]);
  }
  const cases = chosen(name === undefined ? parityCases() : await armsOf(name, options), options);
  const load = onceInARow(loadData);
  const images = name === undefined ? parityImages() : undefined;
  const dataOf = async (config: TrainConfig): Promise<TrainData> => {
    await loadFiles(config);
    return prepareData(config, images ?? (await load(config)));
  };
  const torch = await startWorker();
  const start = performance.now();
  try {
    output.note(
      `${plural(cases.length, 'run')} of ${plural(steps, 'step')} beside PyTorch ${torch.versions.torch}\n`,
    );
    const onEach = (result: ParityResult) => {
      const { row, column, parity, problem } = result;
      output.event('run', { row, column, parity, problem });
      if (!parity?.passed) output.warn(`${column} ${row}: ${whyNot(result)}`);
    };
    const results = await compareAll(cases, dataOf, { steps, torch, onEach });
    const minutes = (performance.now() - start) / 60_000;
    report(results, steps, output);
    if (out !== undefined) {
      const made = new Date().toISOString().slice(0, 10);
      const page = parityPage(results, { steps, torch: torch.versions.torch, minutes, made });
      guarded(out, () => writeWholeFile(out, page), '');
    }
    const agreed = results.filter(({ parity }) => parity?.passed).length;
    output.result(`${agreed} of ${plural(results.length, 'run')} agree (${minutes.toFixed(1)} minutes)`);
    output.event('result', { runs: results.length, agreed, torch: torch.versions.torch });
    if (agreed < results.length) process.exitCode = EXIT.failed;
  } finally {
    torch.stop();
  }
}

/** Every arm of an experiment, once. */
async function armsOf(name: string, { dataDir, smoke, steps }: Options): Promise<ParityCase[]> {
  const experiment = await findExperiment(name);
  // Epochs enough that no schedule has ended before the last step
  const overrides = smoke
    ? { ...smokeSettings(experiment), epochs: steps }
    : { ...(dataDir !== undefined && { dataDir }) };
  return planRuns(experiment, { seeds: [1], overrides }).map(({ point, config }) => ({
    row: seriesName(experiment, point, []),
    column: experiment.name,
    config,
  }));
}

function chosen(cases: readonly ParityCase[], { model, norm }: Options): ParityCase[] {
  const only = (given: string | undefined, of: (each: ParityCase) => string, what: string) => {
    const names = given?.split(',');
    const known = [...new Set(cases.map(of))];
    const wrong = names?.find((each) => !known.includes(each));
    if (wrong !== undefined)
      throw new UsageError(unknownName(what, wrong, known), [`one of: ${known.join(', ')}`]);
    return (each: ParityCase) => names === undefined || names.includes(of(each));
  };
  const isOfModels = cases.some(({ column, config }) => column === config.model);
  const isModel = only(model, ({ config }) => config.model, 'model');
  // Weight norms are rows, too, and an experiment's rows are its arms
  const isNorm = only(norm, ({ row, config }) => (isOfModels ? row : config.norm), 'norm');
  // Rows of other settings are of no model's table
  const isAll = model === undefined && norm === undefined;
  return cases.filter((each) => isModel(each) && isNorm(each) && (isAll || each.column !== 'settings'));
}

/** A row per norm, of an experiment per arm; of several models the furthest. */
function report(results: readonly ParityResult[], steps: number, output: Output): void {
  const names = [...new Set(results.map(({ row }) => row))];
  const rows = names.map((name) => {
    const { cells, passed } = summaryRow(results.filter(({ row }) => row === name));
    return [name, ...cells, passed ? '✓' : '✗'];
  });
  output.result(tableText(['', ...heads.map(numeric), verdicts(output)], rows, output));
  output.result(`${legend(steps).join('\n')}\n`);
}
