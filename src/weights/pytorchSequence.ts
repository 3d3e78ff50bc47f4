import type { Numbers } from '../kernels/contract.ts';
import { MultiHeadAttention } from '../nn/layers/attention.ts';
import type { Linear } from '../nn/layers/linear.ts';
import { Recurrent } from '../nn/layers/recurrent.ts';
import { TransformerBlock } from '../nn/layers/transformer.ts';
import type { Module } from '../nn/module.ts';
import { WeightNorm } from '../nn/norm/weights/normOfWeights.ts';
import type { Slot } from './slots.ts';

/**
 * Layers of sequences as PyTorch has them:
 *
 *   Gru, Lstm            nn.GRU, nn.LSTM: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, of the next layer l1, backward
 *                        l0_reverse; the gates have the same order
 *   MultiHeadAttention   nn.MultiheadAttention: in_proj_weight and in_proj_bias are query, key and value one under the other
 *                        (q_proj_weight, k_proj_weight, v_proj_weight where they are of several sizes); out_proj
 *   TransformerBlock     nn.TransformerEncoderLayer: self_attn, linear1, linear2, norm1, norm2
 */

/** The weight and the bias of a dense layer, as PyTorch has them. */
type DenseSlots = (layer: Linear) => { weight: Slot; bias: Slot | null };

/** All slots of a layer whose tensors lie in several layers of ours; undefined for others. */
export function slotsOfSequence(module: Module, dense: DenseSlots): [string, Slot][] | undefined {
  if (hasWeightNorm(module)) return undefined;
  if (module instanceof Recurrent) return slotsOfRecurrent(module, dense);
  return module instanceof MultiHeadAttention ? slotsOfAttention(module, dense) : undefined;
}

/** The layers below such a one, by PyTorch's names; undefined for others, whose own names count. */
export function sequenceChildren(module: Module): [string, Module][] | undefined {
  if (hasWeightNorm(module)) return undefined;
  if (module instanceof Recurrent) return [];
  if (module instanceof MultiHeadAttention) return [['out_proj', module.output]];
  if (!(module instanceof TransformerBlock)) return undefined;
  const { attention, dense, norm1, norm2 } = module;
  const norms = Object.entries({ norm1, norm2 }).flatMap(([name, norm]): [string, Module][] =>
    norm ? [[name, norm]] : [],
  );
  const [first, last] = [dense.layers[0], dense.layers[dense.layers.length - 1]];
  return [['self_attn', attention], ['linear1', first], ['linear2', last], ...norms];
}

/** With norms of weights it keeps its own names: PyTorch has one norm for each of its tensors, and they are others. */
function hasWeightNorm(module: Module): boolean {
  if (!(module instanceof Recurrent || module instanceof MultiHeadAttention)) return false;
  return [...module.namedModules().values()].some((each) => each instanceof WeightNorm);
}

function slotsOfRecurrent({ cells, bidirectional }: Recurrent, dense: DenseSlots): [string, Slot][] {
  const directions = bidirectional ? 2 : 1;
  return cells.flatMap(({ inputSums, stateSums }, i) => {
    const of = `l${Math.floor(i / directions)}${i % directions === 1 ? '_reverse' : ''}`;
    const [input, state] = [dense(inputSums), dense(stateSums)];
    const weights: [string, Slot][] = [
      [`weight_ih_${of}`, input.weight],
      [`weight_hh_${of}`, state.weight],
    ];
    if (input.bias) weights.push([`bias_ih_${of}`, input.bias]);
    if (state.bias) weights.push([`bias_hh_${of}`, state.bias]);
    return weights;
  });
}

function slotsOfAttention(attention: MultiHeadAttention, dense: DenseSlots): [string, Slot][] {
  const { query, key, value } = attention;
  const parts = [query, key, value].map(dense);
  const weights = parts.map(({ weight }) => weight);
  const isOne = weights.every(({ shape }) => shape.join() === weights[0].shape.join());
  const biases = parts.flatMap(({ bias }) => bias ?? []);
  const slots: [string, Slot][] = isOne
    ? [['in_proj_weight', stacked(attention, weights)]]
    : weights.map((slot, i) => [`${'qkv'[i]}_proj_weight`, slot]);
  if (biases.length > 0) slots.push(['in_proj_bias', stacked(attention, biases)]);
  return slots;
}

/** Slots whose tensors lie one under the other in one of the file. */
function stacked(owner: Module, parts: readonly Slot[]): Slot {
  const [, ...rest] = parts[0].shape;
  const rows = parts.reduce((sum, { shape }) => sum + shape[0], 0);
  const perRow = rest.reduce((size, length) => size * length, 1);
  return {
    owner,
    shape: [rows, ...rest],
    read() {
      const all = parts.map((part) => part.read());
      const whole = new (all[0].constructor as new (size: number) => Numbers)(rows * perRow);
      let at = 0;
      for (const numbers of all) {
        whole.set(numbers, at);
        at += numbers.length;
      }
      return whole;
    },
    write(numbers) {
      let at = 0;
      for (const { shape, write } of parts) {
        const size = shape[0] * perRow;
        write(numbers.subarray(at, at + size));
        at += size;
      }
    },
  };
}
