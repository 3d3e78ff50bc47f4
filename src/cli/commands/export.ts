import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { bytesText, plural, RunFolderError } from '../../errors.ts';
import { restoreWeights } from '../../runs/checkpoint.ts';
import { guarded } from '../../runs/files.ts';
import { readConfig, readRun, runFiles } from '../../runs/record.ts';
import type { TrainConfig } from '../../train/config.ts';
import { loadData, prepareData } from '../../train/data.ts';
import { buildNetwork } from '../../train/model.ts';
import { typed } from '../../typed.node.ts';
import { encodeWeights } from '../../weights/file.ts';
import type { Names, WeightsFormat } from '../../weights/index.ts';
import { tensorsOf } from '../../weights/save.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { addExamples, type Example } from '../help.ts';
import { outputOf } from '../output.ts';

interface Options {
  format?: WeightsFormat;
  names: Names;
  out?: string;
}

const examples: Example[] = [
  ['normgrad export runs/first', "runs/first/weights.safetensors, for PyTorch's load_state_dict"],
  ['normgrad export runs/first --out weights.npz', 'for numpy.load'],
  ['normgrad export runs/first --names own --out mine.safetensors', 'for train --init-from, or load()'],
];

const remark = 'docs/pytorch.md has the names of all layers, and the modules of PyTorch that the models are.';

/** `export`: the weights of a run, for other programs. */
export function register(command: Command): void {
  command
    .argument('<dir>', 'folder of a run that is finished or has a checkpoint')
    .addOption(
      new Option('--format <name>', 'safetensors or npz (default: as --out says, or safetensors)').choices([
        'safetensors',
        'npz',
      ]),
    )
    .addOption(
      new Option('--names <whose>', "names and layouts: of PyTorch's state_dict, or this library's own")
        .choices(['pytorch', 'own'])
        .default('pytorch'),
    )
    .option('--out <file>', 'default: weights.safetensors or weights.npz in the folder of the run')
    .action(run);
  addExamples(command, examples, remark);
}

async function run(given: string, { format, names, out }: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const dir = existsSync(given) && statSync(given).isFile() ? dirname(given) : given;
  const config = readConfig(dir);
  const { checkpoint } = runFiles(dir);
  if (!existsSync(checkpoint)) {
    throw new RunFolderError(`${dir} has no ${basename(checkpoint)}: its weights were not kept`, [
      'a sweep keeps none; train one of its runs by itself, with the settings in its config.json',
    ]);
  }
  const shape = readRun(dir)?.network ?? (await networkOf(config));
  const model = buildNetwork(config, { imageShape: shape.input, classes: shape.classes });
  try {
    restoreWeights(checkpoint, config, model);
  } catch (error) {
    const { message } = error as Error;
    throw new RunFolderError(message.includes(checkpoint) ? message : `${checkpoint}: ${message}`, [
      `train it again: ${typed('train', ['--resume', dir])}`,
    ]);
  }
  const kind = format ?? (out?.endsWith('.npz') ? 'npz' : 'safetensors');
  const file = out ?? join(dir, `weights.${kind}`);
  const tensors = tensorsOf(model, { names, input: shape.input });
  const bytes = encodeWeights(tensors, names, kind);
  guarded(file, () => writeWholeFile(file, bytes), '');
  const whose = names === 'pytorch' ? "PyTorch's" : 'own';
  output.result(`${file}: ${plural(tensors.size, 'tensor')}, ${whose} names, ${bytesText(bytes.length)}`);
  output.event('result', { file, format: kind, names, tensors: [...tensors.keys()] });
}

/** For runs of earlier versions, which did not write it down: the data say what the network takes. */
async function networkOf(config: TrainConfig): Promise<{ input: [number, number, number]; classes: number }> {
  const { imageShape, classes } = prepareData(config, await loadData(config));
  return { input: [...imageShape], classes };
}
