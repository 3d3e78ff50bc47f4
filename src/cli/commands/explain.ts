import { type Command, InvalidArgumentError, Option } from 'commander';
import { plural } from '../../errors.ts';
import { toJson } from '../../json.ts';
import { registry } from '../../nn/norm/registry.ts';
import { compareNorms } from '../../teach/comparison.ts';
import { renderComparison, renderComparisonMarkdown } from '../../teach/comparisonTable.ts';
import { explainNorm } from '../../teach/explain.ts';
import { renderMarkdown } from '../../teach/markdown.ts';
import { writePages } from '../../teach/pages.node.ts';
import type { Request } from '../../teach/request.ts';
import { renderText } from '../../teach/text.ts';
import { typed } from '../../typed.node.ts';
import { integer, normEntry, number, shapeOf } from '../arguments.ts';
import { UsageError } from '../exit.ts';
import { addExamples, asTyped, type Example } from '../help.ts';
import { columns, type Output, outputOf } from '../output.ts';
import { warnOfUntaken } from '../untakenOptions.ts';

interface Options extends Omit<Request, 'detach'> {
  detach: 'none' | 'mean' | 'var' | 'variance' | 'both';
  step?: number;
  format: 'text' | 'md' | 'json';
  list?: boolean;
  docs?: string;
}

const examples: Example[] = [
  ['normgrad explain layer', 'the whole story in 30 lines'],
  ['normgrad explain layer --x 1,2,3,6 --g .5,-1,.25,1 --gamma 1,2,1,2'],
  ['normgrad explain layer --detach mean', 'what a forgotten path does'],
  ['normgrad explain batch --x "1,5;2,3;6,4"', 'three samples of two features'],
  ['normgrad explain group --shape 2,2,2,4', 'images: the sets and the Jacobian, drawn'],
  ['normgrad explain batch --shape 2,1,2,2 --at 0,0,1,0', 'which inputs one output tells'],
  ['normgrad explain batch --x 1,2,4,7 --mode eval --running 0.35,1.6', 'after one such batch'],
  ['normgrad explain --list', 'all norms in one table'],
  ['normgrad explain ./power.mjs --docs pages', 'a norm of your own, as a page'],
];

/** Options that only some norms take. */
const optionFlags = { groups: '--groups', virtualBatch: '--virtual-batch', eps: '--eps' };

const readShape = shapeOf(
  5,
  'It must be two to five lengths of at least 1, like 2,2,2,4 (N, H, W, C) or 2,3,4 (N, L, C).',
  4096,
);

/** `explain <norm>`: one norm's forward and backward pass, with real numbers. */
export function register(command: Command): void {
  command
    .argument('[norm]', `one of: ${registry.map(({ name }) => name).join(', ')}, or ./file.mjs`)
    .option('--x <rows>', 'input: numbers with commas, samples with ";"; one row is one index set', rows)
    .option('--g <rows>', 'incoming gradient dL/dy, as many numbers as x', rows)
    .option('--gamma <n,…>', 'one number, or one per feature (default: 1)', list)
    .option('--beta <n,…>', 'one number, or one per feature (default: 0)', list)
    .addOption(new Option('--mode <mode>', 'training or evaluation').choices(['train', 'eval']))
    .option('--running <n,…>', 'with --mode eval: running mean, variance (default: those of x)', list)
    .addOption(
      new Option('--detach <paths>', 'statistics that the backward pass takes for constants')
        .choices(['none', 'mean', 'var', 'variance', 'both'])
        .default('none'),
    )
    .option(
      '--shape <n,…,c>',
      'of x, channels last; of images (n,h,w,c) the sets and the Jacobian are drawn',
      readShape,
    )
    .option('--groups <n>', 'groups of channels, for norms that have them', integer)
    .option('--virtual-batch <n>', 'samples that share statistics, for ghost', integer)
    .option(
      '--at <n,…,c>',
      'the one element of y that has a gradient: the set and the row of that element',
      index,
    )
    .option('--eps <x>', "ε (default: the norm's own)", number)
    .option('--step <1-6>', 'one section only, of text and md', stepOf)
    .addOption(
      new Option('--format <format>', 'how it is written').choices(['text', 'md', 'json']).default('text'),
    )
    .option('--list', 'compare all norms')
    .option('--docs <folder>', 'write the page of the norm into the folder; without a norm, those of all')
    .action(run);
  addExamples(command, examples);
}

async function run(name: string | undefined, options: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  if (options.docs !== undefined) {
    const written = writePages(options.docs, name === undefined ? undefined : await normEntry(name));
    output.result(`${plural(written.length, 'page')} in ${options.docs}`);
    output.event('result', { folder: options.docs, pages: written });
    return;
  }
  if (options.list) {
    writeList(options, output);
    return;
  }
  if (name === undefined) {
    throw new UsageError('explain: which norm?', [
      `one of: ${registry.map((entry) => entry.name).join(', ')}`,
      `compare them: ${typed('explain --list')}`,
    ]);
  }
  const { format, step, detach } = options;
  const norm = await normEntry(name);
  warnOfUntaken([norm], optionFlags, options, output);
  const request = { ...options, detach: detach === 'var' ? ('variance' as const) : detach };
  const explanation = explainNorm(norm, request);
  output.event('result', explanation);
  if (format === 'json') output.raw(toJson(explanation, 2));
  else if (format === 'md') output.raw(renderMarkdown(explanation, { step }));
  else output.result(renderText(explanation, { width: width(), step, paint: output.stdout, typed: asTyped }));
}

/** With --json one array, not an object per line: it is a table. */
function writeList({ format }: Options, output: Output): void {
  const norms = compareNorms(registry);
  if (output.json || format === 'json')
    process.stdout.write(`${toJson(norms, output.json ? undefined : 2)}\n`);
  else if (format === 'md') output.raw(renderComparisonMarkdown(norms));
  else output.result(renderComparison(norms, width(), output.stdout));
}

function width(): number {
  return columns(process.stdout, { elsewhere: 100, most: 100 });
}

function index(given: string): number[] {
  return given.split(',').map(integer);
}

function list(given: string): number[] {
  return given.split(',').map(number);
}

function rows(given: string): number[][] {
  return given
    .split(';')
    .filter((row) => row.trim() !== '')
    .map(list);
}

function stepOf(given: string): number | undefined {
  if (given === 'all') return undefined;
  const step = integer(given);
  if (step < 1 || step > 6) throw new InvalidArgumentError('It must be 1 to 6, or all.');
  return step;
}
