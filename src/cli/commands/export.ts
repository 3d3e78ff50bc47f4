import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { bytesText, plural } from '../../errors.ts';
import { exportedWeights } from '../../runs/exportWeights.ts';
import { guarded } from '../../runs/files.ts';
import { runFiles } from '../../runs/record.ts';
import { encodeWeights } from '../../weights/file.ts';
import type { WeightNames, WeightsFormat } from '../../weights/index.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { UsageError } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { outputOf } from '../output.ts';

interface Options {
  format?: WeightsFormat;
  names: WeightNames;
  out?: string;
}

const examples: Example[] = [
  ['normgrad export runs/first', "runs/first/weights.safetensors, for PyTorch's load_state_dict"],
  ['normgrad export runs/first --out weights.npz', 'for numpy.load'],
  ['normgrad export runs/first/best.safetensors', 'of the best epoch, which train --keep-best keeps'],
  ['normgrad export runs/first --names own --out mine.safetensors', 'for train --init-from, or load()'],
];

const remark = 'docs/pytorch.md has the names of all layers, and the modules of PyTorch that the models are.';

/** `export`: the weights of a run, for other programs. */
export function register(command: Command): void {
  command
    .argument('<dir>', 'folder of a run, of which the last checkpoint is taken, or a checkpoint in it')
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
  const isCheckpoint = existsSync(given) && statSync(given).isFile();
  const dir = isCheckpoint ? dirname(given) : given;
  const checkpoint = isCheckpoint ? given : runFiles(dir).checkpoint;
  const tensors = await exportedWeights(dir, names, checkpoint);
  const kind = format ?? (out?.endsWith('.npz') ? 'npz' : 'safetensors');
  const file = out ?? join(dir, `weights.${kind}`);
  if (resolve(file) === resolve(checkpoint)) {
    throw new UsageError(`--out: ${file} is the checkpoint itself, which the run needs to go on`, [
      'choose another name',
    ]);
  }
  const bytes = encodeWeights(tensors, names, kind);
  guarded(file, () => writeWholeFile(file, bytes), '');
  const whose = names === 'pytorch' ? "PyTorch's" : 'own';
  output.result(`${file}: ${plural(tensors.size, 'tensor')}, ${whose} names, ${bytesText(bytes.length)}`);
  output.event('result', { file, format: kind, names, tensors: [...tensors.keys()] });
}
