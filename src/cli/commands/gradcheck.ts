import { type Command, Option } from 'commander';
import { registry } from '../../nn/norm/registry.ts';
import { commandName } from '../../teach/origin.ts';
import { absolute, shownPath } from '../../train/code/files.ts';
import { isCode } from '../../train/code/names.ts';
import { letEventsRun } from '../../train/eventLoop.ts';
import { checkLaws, type GradcheckRow, gradcheckNorm, type LawRow } from '../../verify/index.ts';
import { integer, normEntry, number, seedOption, shapeOf } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { type Output, outputOf } from '../output.ts';
import { numeric, tableText, verdicts } from '../table.ts';
import { warnOfUntaken } from '../untakenOptions.ts';

interface Options {
  all?: boolean;
  shape?: number[];
  groups?: number;
  h: number;
  tol: number;
  mode?: 'train' | 'eval';
  affine: boolean;
  laws?: boolean;
  seed: number;
}

const examples: Example[] = [
  ['normgrad gradcheck', 'every norm, train and eval'],
  ['normgrad gradcheck batch layer --shape 7,3,5,2', 'an odd shape: 7 images of 3 x 5, 2 channels'],
  ['normgrad gradcheck group --groups 1 --no-affine'],
  ['normgrad gradcheck ./power.mjs', 'a norm of your own'],
];

const remark =
  'Exit code 1 if any gradient is outside of the tolerance, or too small beside the rounding of y to be judged (?).';

/** As `verdicts` (table.ts) paints them. */
const marks = { passed: '✓', failed: '✗', undecided: '?' };

const readShape = shapeOf(Infinity, 'It must be two or more lengths of at least 1, like 4,6,5,5.', 100_000);

/** `gradcheck [norm…]`: hand-derived backward against central differences, in float64. */
export function register(command: Command): void {
  command
    .argument(
      '[norm...]',
      `one or more of: ${registry.map(({ name }) => name).join(', ')}, or ./file.mjs (default: all)`,
    )
    .option('--all', 'every norm')
    .option('--shape <n,…>', 'shape of the input, channels last (default: 3,4,5,6)', readShape)
    .option('--groups <n>', 'groups of GroupNorm', integer)
    .option(
      '--h <x>',
      'first step of the central difference, in units of the spread of the input',
      number,
      1e-5,
    )
    .option('--tol <x>', 'largest error, relative to the largest gradient of the tensor', number, 1e-7)
    .addOption(new Option('--mode <mode>', 'only this mode').choices(['train', 'eval']))
    .option('--no-affine', 'without gamma and beta')
    .option('--laws', 'what must hold for any input, too (of a file always)')
    .addOption(seedOption('seed of the random input and upstream gradient').default(1))
    .action(run);
  addExamples(command, examples, remark);
}

async function run(names: string[], options: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const { shape, groups, h, tol, seed, mode, affine } = options;
  const entries = names.length === 0 || options.all ? registry : await Promise.all(names.map(normEntry));
  warnOfUntaken(entries, { groups: '--groups' }, options, output);
  const custom = groups !== undefined || !affine;
  output.note(`central differences in float64, h ${h} · written: the norm's file, fused: its kernel\n`);

  const rows: GradcheckRow[] = [];
  for (const entry of entries) {
    const norm = custom ? { groups, affine } : undefined;
    for (const row of gradcheckNorm(entry, { shape, h, tolerance: tol, seed, norm })) {
      if (mode !== undefined && row.mode !== mode) continue;
      rows.push(row);
      output.event('check', row);
    }
    await letEventsRun();
  }
  const lawRows = entries
    .filter(
      (entry) =>
        options.laws ||
        names.some((name) => isCode(name) && commandName(entry) === shownPath(absolute(name))),
    )
    .flatMap((entry) => checkLaws(entry, { seed }));
  for (const row of lawRows) output.event('law', row);
  output.result(gradientTable(rows, output));
  if (lawRows.length > 0) output.result(`\n${lawTable(lawRows, output)}`);
  const all = [...rows, ...lawRows];
  const failed = all.filter(({ passed }) => !passed);
  for (const reason of [...rows.flatMap(reasonsOf), ...lawRows.flatMap(whyBroken)]) output.result(reason);
  output.result(
    failed.length === 0
      ? `all ${all.length} checks passed (tolerance ${tol})`
      : `${failed.length} of ${all.length} checks failed (tolerance ${tol})`,
  );
  output.event('result', { passed: all.length - failed.length, failed: failed.length });
  if (failed.length > 0) process.exitCode = EXIT.failed;
}

function gradientTable(rows: readonly GradcheckRow[], output: Output): string {
  const columns = ['norm', 'mode', 'form', 'tensor', numeric('max abs'), numeric('max rel'), 'worst at'];
  return tableText(
    [...columns, verdicts(output)],
    rows.map((row) => [
      row.norm,
      row.mode,
      row.form,
      row.tensor,
      row.maxAbs.toExponential(1),
      row.maxRel.toExponential(1),
      `[${row.at.join(', ')}]`,
      marks[row.verdict],
    ]),
    output,
  );
}

function lawTable(rows: readonly LawRow[], output: Output): string {
  return tableText(
    ['norm', 'form', 'law', '', verdicts(output)],
    rows.map(({ norm, form, law, says, passed }) => [norm, form, law, says, passed ? '✓' : '✗']),
    output,
  );
}

function reasonsOf({ passed, norm, mode, form, tensor, looksLike, why }: GradcheckRow): string[] {
  if (passed) return [];
  return [looksLike, why].flatMap((reason) =>
    reason === null ? [] : `${norm} ${mode} ${form} ${tensor}: ${reason}`,
  );
}

function whyBroken({ norm, form, law, why }: LawRow): string[] {
  return why === null ? [] : [`${norm} ${form} ${law}: ${why}`];
}
