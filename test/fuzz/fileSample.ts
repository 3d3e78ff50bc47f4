import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode as encodeJpeg } from 'jpeg-js';
import { createTar } from 'nanotar';
import { syntheticDigits } from '../../src/data/format/digits.ts';
import { encodeNpy } from '../../src/data/format/npy.ts';
import { encodeNpz } from '../../src/data/format/npz.ts';
import { sources } from '../../src/data/sources.ts';
import { planRuns, sweepOf } from '../../src/experiment/plan.ts';
import type { RunRecord } from '../../src/experiment/results.ts';
import { storedExperiment } from '../../src/experiment/stored.ts';
import { storedJson } from '../../src/experiment/storedRuns.ts';
import { encodeCheckpoint } from '../../src/runs/checkpoint.ts';
import { makeFolder } from '../../src/runs/files.ts';
import { createRunFolder } from '../../src/runs/folder.ts';
import { lockTaker } from '../../src/runs/lock/lock.ts';
import { runFiles } from '../../src/runs/record.ts';
import { writePlan } from '../../src/runs/sweep/sweep.ts';
import type { TrainConfig } from '../../src/train/config.ts';
import { prepareData } from '../../src/train/data.ts';
import { startOfRun } from '../../src/train/loop.ts';
import { buildModel } from '../../src/train/model.ts';
import { buildOptimizer } from '../../src/train/optimizer.ts';
import { encodeWeights } from '../../src/weights/file.ts';
import type { StoredTensor } from '../../src/weights/safetensors.ts';
import { tensorsOf } from '../../src/weights/save.ts';
import { encodeCifar, encodeIdx, encodePng, tinyCifar, tinyMnist } from '../data/encode.ts';
import { small } from '../experiment/small.ts';

/** What a mutated file may be read by (fileReaders.ts). */
export type Kind =
  | 'config'
  | 'run'
  | 'metrics'
  | 'result'
  | 'checkpoint'
  | 'weights'
  | 'plan'
  | 'experiment'
  | 'stored'
  | 'grid'
  | 'mnist'
  | 'cifar'
  | 'manifest'
  | 'archive'
  | 'own';

export interface SampleFile {
  kind: Kind;
  path: string;
  content: Uint8Array;
}

/** A run as it begins, with the lock of its folder. */
export function beginRun(path: string, config: TrainConfig) {
  makeFolder(path);
  const lock = lockTaker()(path)!;
  return { run: createRunFolder(path, config, lock), lock };
}

const score = { loss: 0.5, accuracy: 0.7 };

/** One of every file that the program reads, whole and right, below `folder`: a sweep of an experiment, its results, data. */
export function writeSample(folder: string): SampleFile[] {
  const files: SampleFile[] = [];
  const add = (kind: Kind, ...path: string[]) => {
    const file = join(folder, ...path);
    // No Buffer, whose slice() shares the bytes with the whole: a mutation would change it, too.
    files.push({ kind, path: file, content: new Uint8Array(readFileSync(file)) });
  };
  const put = (kind: Kind, content: Uint8Array | string, ...path: string[]) => {
    const file = join(folder, ...path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, content);
    add(kind, ...path);
  };

  const sweep = join(folder, 'sweep');
  const planned = planRuns(small, { seeds: [1] });
  const plan = sweepOf(small, planned);
  writePlan(sweep, plan);
  add('plan', 'sweep', 'sweep.json');
  const records = planned.map(({ point, seed, config }, i): RunRecord => {
    const { id } = plan.runs[i];
    const { run, lock } = beginRun(join(sweep, id), config);
    run.append({ t: 'step', step: 3, epoch: 1, train: score, lr: 0.1, ms: 1 });
    run.append({ t: 'probe', probe: 'test', step: 4, values: { loss: 1, each: [1, 2] } });
    run.append({ t: 'epoch', step: 5, epoch: 1, train: score, test: score, lr: 0.1, seconds: 1 });
    const diverged = i === 3 ? { step: 4, epoch: 1, loss: Number.NaN } : null;
    run.finish({
      ...{
        status: diverged ? 'diverged' : 'done',
        test: score,
        train: score,
        best: { ...score, epoch: 1 },
        diverged,
      },
      ...{ epochs: 1, steps: 5, digest: '0123456789abcdef', parameters: 10, seconds: 1 },
    });
    lock.release();
    const status = diverged ? 'diverged' : 'done';
    const scores = { train: score, test: score, epochs: [{ epoch: 1, train: score, test: score }] };
    return { run: id, point, seed, norm: config.norm, status, ...scores, seconds: 1, digest: '' };
  });
  for (const name of ['config.json', 'run.json', 'metrics.jsonl', 'result.json']) {
    add(name.split('.')[0] as Kind, 'sweep', plan.runs[0].id, name);
  }

  // A run that was interrupted: with a checkpoint, and no result.
  const { config } = planned[1];
  const begun = join(folder, 'begun');
  const { run, lock } = beginRun(begun, config);
  run.append({ t: 'step', step: 3, epoch: 1, train: score, lr: 0.1, ms: 1 });
  const data = prepareData(config, syntheticDigits({ seed: 1, train: 10, test: 10 }));
  const model = buildModel(config, data);
  const restored = { progress: startOfRun(), lines: 1 };
  writeFileSync(
    runFiles(begun).checkpoint,
    encodeCheckpoint(config, model, buildOptimizer(config, model), restored),
  );
  lock.release();
  add('checkpoint', 'begun', 'last.safetensors');
  for (const name of ['config.json', 'run.json', 'metrics.jsonl']) {
    add(name.split('.')[0] as Kind, 'begun', name);
  }

  // What a run may begin with: of PyTorch, with every number format, and of numpy.
  const weights = tensorsOf(model, { input: data.imageShape });
  put('weights', inEveryFormat(weights), 'weights.safetensors');
  put('weights', encodeWeights(weights, 'pytorch', 'npz'), 'weights.npz');

  const stored = storedJson(storedExperiment(small, planned, records, { smoke: false, wallSeconds: 60 }));
  put('experiment', stored, 'sweep', 'experiment.json');
  put('stored', stored, 'gallery', 'results', 'small.json');
  const grid = {
    name: 'grid',
    base: { dataset: 'synthetic' },
    grid: { norm: ['none', 'batch'], seed: [1, 2] },
  };
  put('grid', JSON.stringify(grid), 'grid.json');
  for (const [name, bytes] of Object.entries(tinyMnist())) put('mnist', bytes, 'mnist', name);
  const { cifar10 } = sources;
  const batch = encodeCifar(tinyCifar(1, [10]));
  const names = [...cifar10.train, ...cifar10.test];
  for (const name of names) put('cifar', batch, cifar10.folder, name);
  const manifest = {
    archiveMd5: cifar10.archive.md5,
    sha256: Object.fromEntries(names.map((name) => [name, ''])),
  };
  put('manifest', JSON.stringify(manifest), cifar10.folder, 'normgrad-manifest.json');
  for (const [name, bytes] of Object.entries(ownData())) put('own', bytes, 'own', name);
  const tar = createTar(names.map((name) => ({ name: `cifar-10-batches-bin/${name}`, data: batch })));
  put('archive', tar, 'archives', 'plain.tar');
  put('archive', gzipSync(tar), 'archives', cifar10.archive.file);
  return files;
}

/** The tensors as another writer may have them: in halves, brain floats, float64 and float32 in turns, and a counter. */
function inEveryFormat(tensors: ReadonlyMap<string, StoredTensor>): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const blocks: Uint8Array[] = [];
  let end = 0;
  [...tensors].forEach(([name, { shape, data, as }], i) => {
    const dtype = as ?? ['F64', 'F32', 'F16', 'BF16'][i % 4];
    const arrays = {
      I64: () => BigInt64Array.from(data, BigInt),
      F64: () => Float64Array.from(data),
      F32: () => Float32Array.from(data),
      F16: () => Uint16Array.from(data, () => 0x3800),
      BF16: () => new Uint16Array(Float32Array.from(data).buffer).filter((_, at) => at % 2 === 1),
    };
    const bytes = new Uint8Array(arrays[dtype as keyof typeof arrays]().buffer);
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    blocks.push(bytes);
    end += bytes.length;
  });
  const json = Buffer.from(JSON.stringify(header));
  const length = new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer);
  return Buffer.concat([length, json, ...blocks]);
}

/** A file of every kind that `--dataset` may name; fileReaders.ts has the names. */
function ownData(): Record<string, Uint8Array | string> {
  const count = 12;
  const x = { shape: [count, 2], data: Float32Array.from({ length: 2 * count }, (_, i) => i / 3) };
  const y = { shape: [count], data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 3)) };
  const rows = Array.from({ length: count }, (_, i) => `${i},"${i / 3}",${['cat', 'dog'][i % 2]}`);
  const pixels = (value: number) => Uint8Array.from({ length: 27 }, (_, i) => (i * value) % 251);
  const picture = (value: number) => encodePng({ height: 3, width: 3, pixels: pixels(value) });
  const { data } = encodeJpeg({ height: 8, width: 8, data: Buffer.alloc(256, 77) }, 80);
  return {
    'table.csv': `a,b,label\n${rows.join('\n')}\n`,
    'arrays.npz': encodeNpz([
      ['x', x],
      ['y', y],
    ]),
    'npy/x.npy': encodeNpy(x),
    'npy/y.npy': encodeNpy(y),
    'idx/images-idx3-ubyte': encodeIdx({ shape: [3, 3, 3], data: pixels(7) }),
    'idx/labels-idx1-ubyte': encodeIdx({ shape: [3], data: Uint8Array.of(0, 1, 0) }),
    'pictures/cat/1.png': picture(3),
    'pictures/cat/2.png': picture(5),
    'pictures/dog/1.png': picture(8),
    'pictures/dog/2.png': picture(9),
    'jpeg/cat/1.jpg': data,
    'jpeg/cat/2.jpg': data,
    'jpeg/dog/1.jpg': data,
    'jpeg/dog/2.jpg': data,
  };
}
