import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { Tensor } from '../autograd/index.ts';
import type { Numbers } from '../kernels/contract.ts';
import { dropoutStates, loadDropoutStates } from '../nn/layers/randomLayer.ts';
import type { Module } from '../nn/module.ts';
import { RunningNorm } from '../nn/norm/core/running.ts';
import type { Optimizer } from '../optim/index.ts';
import { defaultRandom, type RandomState } from '../random.ts';
import { issueText, plainObject, unreadable, wholeNumber } from '../storedFile.node.ts';
import type { TrainConfig } from '../train/config.ts';
import { type LoopProgress, progressSchema } from '../train/loop.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type StoredTensor,
} from '../weights/safetensors.ts';
import { configHash } from './name.ts';
import { version } from './version.ts';

/** What a checkpoint holds beside tensors: plain JSON, in the file's metadata. */
interface State {
  progress: LoopProgress;
  /** Lines of metrics.jsonl that belong to the steps so far. */
  lines: number;
  /** The optimizer's, without its arrays, which are tensors of the file. */
  optimizer: { lr: number; steps: number[] };
  dropout: Record<string, RandomState>;
  /** The default generator's, from which a user's norm or loss may draw; absent in earlier versions. */
  random?: RandomState;
  /** How many batches each norm with running statistics has seen; absent in earlier versions. */
  batches?: Record<string, number>;
  /** Of the configuration: a checkpoint fits no other run. */
  config: string;
  normgrad: string;
}

const randomSchema: v.GenericSchema<unknown, RandomState> = v.object({
  seed: v.string(),
  alea: v.object({ c: v.number(), s0: v.number(), s1: v.number(), s2: v.number() }),
  spare: v.nullable(v.number()),
});

const stateSchema: v.GenericSchema<unknown, State> = v.pipe(
  plainObject,
  v.object({
    progress: progressSchema,
    lines: wholeNumber,
    optimizer: v.object({ lr: v.number(), steps: v.array(wholeNumber) }),
    dropout: v.record(v.string(), randomSchema),
    random: v.optional(randomSchema),
    batches: v.optional(v.record(v.string(), wholeNumber)),
    config: v.string(),
    normgrad: v.string(),
  }),
);

/** A run as it can continue: what the loop needs; model and optimizer have been set. */
export type Restored = Pick<State, 'progress' | 'lines' | 'random'>;

const FORMAT = 'normgrad checkpoint 1';
const OPTIMIZER = 'optimizer.';
/** What Node reads at once. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * A checkpoint: everything that the next step depends on: parameters and buffers under their names, the optimizer's arrays under
 * `optimizer.`, and the rest (State) as metadata. The order of the images and their augmentation need no state: they are
 * drawn anew from the seed, the epoch and the number of the batch.
 */
export function encodeCheckpoint(
  config: TrainConfig,
  model: Module,
  optimizer: Optimizer,
  { progress, lines }: Pick<Restored, 'progress' | 'lines'>,
): Uint8Array {
  const { lr, steps, arrays } = optimizer.state();
  const tensors = new Map<string, StoredTensor>(model.namedTensors());
  for (const [name, data] of Object.entries(arrays)) {
    tensors.set(OPTIMIZER + name, { shape: [data.length], data });
  }
  const state: State = {
    progress,
    lines,
    optimizer: { lr, steps },
    dropout: dropoutStates(model),
    random: defaultRandom().state(),
    batches: batchCounts(model),
    config: configHash(config),
    normgrad: version,
  };
  const json = JSON.stringify(state);
  const metadata = { format: FORMAT, state: json, sha256: checksum(tensors, json) };
  return encodeSafetensors({ tensors, metadata });
}

/**
 * Sets a freshly built model and optimizer to the checkpoint. Throws, in words for the user, where there is none, or one that
 * is damaged or another run's; the model may then be half set.
 */
export function restoreCheckpoint(
  file: string,
  config: TrainConfig,
  model: Module,
  optimizer: Optimizer,
): Restored {
  const { weights, arrays, state } = readCheckpoint(file, config);
  model.loadState(weights);
  loadBatchCounts(model, state.batches);
  optimizer.loadState({ ...state.optimizer, arrays });
  loadDropoutStates(model, state.dropout);
  return state;
}

/** Sets a freshly built model to the weights of a checkpoint. Throws where there is none that can be used. */
export function restoreWeights(file: string, config: TrainConfig, model: Module): void {
  const { weights, state } = readCheckpoint(file, config);
  model.loadState(weights);
  loadBatchCounts(model, state.batches);
}

function readCheckpoint(file: string, config: TrainConfig) {
  if (!existsSync(file)) throw new Error('there is no checkpoint yet');
  const problem = unreadable(file, MOST_BYTES);
  if (problem !== undefined) throw new Error(`${file} ${problem}`);
  const { tensors, metadata } = decodeSafetensors(readFileSync(file));
  if (metadata.format !== FORMAT) throw new Error(`${file} is not a ${FORMAT}`);
  requireWhole(file, { tensors, metadata });
  const parsed = v.safeParse(stateSchema, JSON.parse(metadata.state));
  if (!parsed.success) throw new Error(`${file}: ${issueText(parsed.issues[0])}`);
  const state = parsed.output;
  if (state.config !== configHash(config)) throw new Error(`${file} is of another configuration`);

  const weights = new Map<string, Tensor>();
  const arrays: Record<string, Numbers> = {};
  for (const [name, { shape, data }] of tensors) {
    if (name.startsWith(OPTIMIZER)) arrays[name.slice(OPTIMIZER.length)] = data;
    else weights.set(name, new Tensor(data, shape));
  }
  return { weights, arrays, state };
}

function batchCounts(model: Module): Record<string, number> {
  return Object.fromEntries(runningNorms(model).map(([name, norm]) => [name, norm.batchCount]));
}

function loadBatchCounts(model: Module, counts: Record<string, number> = {}): void {
  for (const [name, norm] of runningNorms(model)) norm.batchCount = counts[name] ?? norm.batchCount;
}

function runningNorms(model: Module): [string, RunningNorm][] {
  return [...model.namedModules()].flatMap(([name, module]): [string, RunningNorm][] =>
    module instanceof RunningNorm ? [[name, module]] : [],
  );
}

/** Throws where a checkpoint's numbers are not those that were written; other files have no checksum. */
export function requireWhole(file: string, { tensors, metadata }: SafetensorsFile): void {
  if (metadata.format !== FORMAT || metadata.sha256 === checksum(tensors, metadata.state ?? '')) return;
  throw new Error(`${file} is damaged: its checksum is another one`);
}

/** Of the numbers and the state: the format has none, and a disk that lost power may have kept a file's length only. */
function checksum(tensors: ReadonlyMap<string, StoredTensor>, state: string): string {
  const hash = createHash('sha256').update(state);
  for (const { data } of tensors.values()) {
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
