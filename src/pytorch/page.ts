import { markdownTable } from '../charts/markdownTable.ts';
import { modelNames } from '../nn/models/registry.ts';
import { normNames } from '../nn/norm/createNorm.ts';
import { heads, legend, type ParityResult, summaryRow, whyNot } from './table.ts';

/** docs/parity.md: what came of all cases, by norm, by model and by setting. */
export function parityPage(
  results: readonly ParityResult[],
  { steps, torch, minutes, made }: { steps: number; torch: string; minutes: number; made: string },
): string {
  const networks = results.filter(({ column }) => column !== 'settings');
  const others = results.filter(({ column }) => column === 'settings');
  const failed = results.filter(({ parity }) => !parity?.passed);
  return `${[
    '<!-- Made by `npm run parity`. -->',
    '# Step by step beside PyTorch',
    `${whatIsThere(networks)} trained in both engines, from the same first weights, on the same batches. Norms and layers that PyTorch ` +
      'has are its own there; the others are formulas in [pytorch/](../pytorch), which PyTorch differentiates. `normgrad parity` does it ' +
      "anew, and `normgrad parity small-batch-conv --data-dir DIR` with an experiment's arms on its data.",
    legend(steps)
      .map((line) => `* ${line}`)
      .join('\n'),
    `${results.length - failed.length} of ${results.length} runs agree. ${steps} steps, PyTorch ${torch}, ${minutes.toFixed(0)} minutes, made ${made}.`,
    ...(failed.length > 0 ? ['## What does not agree', failedTable(failed)] : []),
    '## Norms, over all models',
    table('norm', 'row', networks),
    '## Models, with all norms',
    table('model', 'column', networks),
    ...(others.length > 0
      ? ['## Optimizers, losses and other settings', table('setting', 'row', others)]
      : []),
  ].join('\n\n')}\n`;
}

/** `Every model with every norm, small networks and images of 10x12x3, are`, or which; or an experiment's arms. */
function whatIsThere(results: readonly ParityResult[]): string {
  const columns = [...new Set(results.map(({ column }) => column))];
  const norms = new Set(results.map(({ row }) => row));
  const models: readonly string[] = modelNames;
  const own = columns.find((name) => !models.includes(name));
  if (own !== undefined) return `The arms of the experiment ${own} are`;
  const which =
    columns.length === models.length ? 'Every model' : `Of the models ${columns.join(', ')}, each`;
  const withNorms = normNames.every((name) => norms.has(name)) ? 'every norm' : [...norms].join(', ');
  return `${which} with ${withNorms}, small networks and images of 10x12x3, are`;
}

function table(corner: string, by: 'row' | 'column', results: readonly ParityResult[]): string {
  const names = [...new Set(results.map((each) => each[by]))];
  const rows = names.map((name) => [name, ...summaryRow(results.filter((each) => each[by] === name)).cells]);
  return markdownTable([corner, ...heads], rows);
}

function failedTable(results: readonly ParityResult[]): string {
  return markdownTable(
    ['model', 'norm or setting', 'why'],
    results.map((each) => [each.column, each.row, whyNot(each)]),
    3,
  );
}
