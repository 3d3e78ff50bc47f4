import { type Command, Option } from 'commander';
import { createProgress, isInteractive, type Progress } from '../../charts/progress.ts';
import { fileSize, findFile, sourceFolder } from '../../data/files/files.node.ts';
import { getSource } from '../../data/files/get.node.ts';
import { datasetNames, drawnNames, OWN_DATA } from '../../data/files/load.node.ts';
import { isOwnData } from '../../data/files/own.node.ts';
import { verifySource } from '../../data/files/verify.node.ts';
import { fileNames, type SourceName, sourceNames, sources } from '../../data/sources.ts';
import { unknownName } from '../../errors.ts';
import { typed } from '../../typed.node.ts';
import { showDataset, showFields } from '../data/show.ts';
import { EXIT, UsageError } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { catchInterrupt } from '../interrupt.ts';
import { type Output, outputOf } from '../output.ts';
import { tableText } from '../table.ts';
import { addTrainFlags } from '../train/options.ts';

interface PlaceOptions {
  dataDir?: string;
}

interface GetOptions extends PlaceOptions {
  from?: string[];
  mirror?: string;
}

const examples: Example[] = [
  ['normgrad data', 'what is there'],
  ['normgrad data get mnist', '11.6 MB, checked against the published checksums'],
  ['normgrad data get mnist --from ~/Downloads', 'files that are on this machine already'],
  ['normgrad data verify cifar10'],
  ['normgrad data show ./table.csv', 'what `train --dataset ./table.csv` would be given'],
];

const remark = 'Exit code 1 if `verify` finds a file that is missing, damaged or not the published one.';

const named = `one of: ${sourceNames.join(', ')}`;

/** `data ls|get|verify|path|show`: datasets on this machine. */
export function register(command: Command): void {
  const place = () =>
    new Option('--data-dir <dir>', 'folder of the datasets (default: NORMGRAD_CACHE, or ~/.cache/normgrad)');
  addExamples(command, examples, remark);
  command
    .command('ls', { isDefault: true })
    .description('list the datasets, and which are there')
    .addOption(place())
    .action(list);
  command
    .command('get')
    .description('download a dataset, or bring it from files')
    .argument('<name>', named)
    .addOption(place())
    .option('--from <path...>', 'files, archives or folders on this machine, instead of a download')
    .option('--mirror <url>', 'a folder of the web with the same files, tried first')
    .action(get);
  command
    .command('verify')
    .description('check every file of a dataset against its published checksum')
    .argument('[name...]', `${named} (default: those that are there)`)
    .addOption(place())
    .action(verify);
  command
    .command('path')
    .description('print the folder of a dataset')
    .argument('<name>', named)
    .addOption(place())
    .action(path);
  const show = command
    .command('show')
    .description('read a dataset, published or your own, and print what is in it')
    .argument('<dataset>', `${datasetNames.join(', ')}, ${OWN_DATA}`);
  addTrainFlags(show, showFields);
  show.action(showDataset);
}

async function list({ dataDir }: PlaceOptions, command: Command): Promise<void> {
  const output = outputOf(command);
  const rows: string[][] = [];
  for (const name of sourceNames) {
    const { folder, there, expected, bytes } = await present(name, dataDir);
    output.event('dataset', { name, folder, files: there, expected, bytes });
    const state =
      there === 0
        ? '–'
        : there < expected
          ? `${there} of ${expected} files`
          : `${(bytes / 1e6).toFixed(1)} MB`;
    rows.push([name, state, there === 0 ? typed('data get', [name]) : folder]);
  }
  rows.push(...drawnNames.map((name) => [name, 'always there', 'drawn from a seed']));
  rows.push(['./FILE', 'your own', typed('data show ./table.csv')]);
  output.result(tableText(['dataset', 'on disk', 'where'], rows, output));
  output.event('result', { folder: dataDir ?? null });
}

async function get(name: string, { dataDir, from, mirror }: GetOptions, command: Command): Promise<void> {
  const output = outputOf(command);
  const source = sourceOf(name);
  const interrupt = catchInterrupt(() =>
    output.note('\nstopping… (what is there is kept, and resumed next time)'),
  );
  const progress = downloadProgress(output);
  try {
    const report = await getSource(sources[source], {
      dataDir,
      from,
      mirror,
      signal: interrupt.signal,
      onProgress: progress.update,
    });
    progress.end();
    for (const warning of report.warnings) output.warn(warning);
    const counts = (['downloaded', 'brought', 'present', 'missing'] as const)
      .filter((key) => report[key].length > 0)
      .map((key) => `${report[key].length} ${key}`);
    output.result(`${report.title}: ${counts.join(', ')}\n${report.folder}`);
    output.event('result', report);
    if (report.missing.length > 0) {
      output.warn(`still missing: ${report.missing.join(', ')}`);
      process.exitCode = EXIT.data;
    }
  } catch (error) {
    progress.end();
    if (interrupt.exitCode() === undefined) throw error;
    process.exitCode = interrupt.exitCode();
  } finally {
    interrupt.release();
  }
}

async function verify(names: string[], { dataDir }: PlaceOptions, command: Command): Promise<void> {
  const output = outputOf(command);
  const { green, red, yellow } = output.stdout;
  const chosen = names.length > 0 ? names.map(sourceOf) : await presentNames(dataDir);
  if (chosen.length === 0) {
    throw new UsageError('there is no dataset to verify', [`fetch one: ${typed('data get mnist')}`]);
  }
  let wrong = 0;
  for (const name of chosen) {
    const { title, folder, files } = await verifySource(sources[name], sourceFolder(sources[name], dataDir));
    output.result(`${output.stdout.bold(title)}  ${folder}`);
    for (const { file, status, detail } of files) {
      output.event('file', { dataset: name, file, status, detail });
      const mark = status === 'ok' ? green('✓') : status === 'unverified' ? yellow('?') : red('✗');
      output.result(`${mark} ${file}: ${status === 'ok' ? detail : `${status}, ${detail}`}`);
      if (status !== 'ok' && status !== 'unverified') wrong++;
    }
  }
  output.event('result', { wrong });
  if (wrong > 0) process.exitCode = EXIT.failed;
}

function path(name: string, { dataDir }: PlaceOptions, command: Command): void {
  const output = outputOf(command);
  const folder = sourceFolder(sources[sourceOf(name)], dataDir);
  output.result(folder);
  output.event('result', { name, folder });
}

function sourceOf(name: string): SourceName {
  if (sourceNames.includes(name as SourceName)) return name as SourceName;
  if (isOwnData(name)) {
    const read = `what is in it: ${typed('data show', [name])}`;
    throw new UsageError(`${name} is of your own: nobody published its files or their checksums`, [read]);
  }
  throw new UsageError(unknownName('dataset', name, sourceNames), [named]);
}

async function present(name: SourceName, dataDir?: string) {
  const source = sources[name];
  const folder = sourceFolder(source, dataDir);
  const sizes: number[] = [];
  for (const file of fileNames(source)) {
    const found = await findFile(source, folder, file);
    if (found !== undefined) sizes.push((await fileSize(found)) ?? 0);
  }
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { folder, there: sizes.length, expected: fileNames(source).length, bytes };
}

async function presentNames(dataDir?: string): Promise<SourceName[]> {
  const all = await Promise.all(sourceNames.map((name) => present(name, dataDir)));
  return sourceNames.filter((_, i) => all[i].there > 0);
}

/** A progress line per file. */
function downloadProgress(output: Output) {
  let file: string | undefined;
  let progress: Progress | undefined;
  return {
    update(state: { file: string; received: number; total?: number }) {
      if (!output.talks) return;
      if (state.file !== file) {
        progress?.done();
        file = state.file;
        progress = createProgress({
          label: state.file,
          total: kilobytes(state.total ?? state.received),
          startStep: kilobytes(state.received),
          colors: output.stderr,
        });
      }
      progress?.update(kilobytes(state.received));
    },
    end() {
      if (isInteractive(process.stderr)) progress?.stop();
      progress = undefined;
    },
  };
}

function kilobytes(bytes: number): number {
  return Math.round(bytes / 1000);
}
