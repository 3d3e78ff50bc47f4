import { small } from '../../../teach/numbers.ts';
import type { Tape } from '../../../train/trace/format.ts';

/** What is worth seeing in the tape of a run. */
export interface Verdict {
  /** In a sentence or two. */
  says: string;
  remark(operation: number): { kind: 'largest' | 'odd' | 'frozen'; says: string } | undefined;
}

/**
 * Marks the largest gradient, numbers that are none, and operations with parameters behind them that get no gradient: nothing
 * before them learns in this step.
 */
export function verdictOf({ operations, parameters }: Tape): Verdict {
  const learns = learnersOf(operations);
  const isZero = (i: number) => {
    const { gradient } = operations[i];
    return gradient === null || (gradient.norm === 0 && gradient.odd === 0);
  };
  const odd = operations.map(({ data, gradient }) => data.odd > 0 || (gradient?.odd ?? 0) > 0);
  const frozen = operations.map((_, i) => learns[i] && isZero(i));
  const norms = operations.map(({ gradient }, i) => (gradient && !odd[i] ? gradient.norm : -1));
  // The loss's own gradient is 1 by definition.
  const ofLayers = norms.slice(0, -1);
  const largest = ofLayers.indexOf(Math.max(...ofLayers));
  const lastFrozen = frozen.lastIndexOf(true);
  const firstOdd = odd.indexOf(true);
  const still = parameters.filter(({ gradient }) => gradient === null || gradient.norm === 0).length;
  const sentences = [
    firstOdd >= 0 && `Operation ${firstOdd} is the first with numbers that are NaN or infinite.`,
    lastFrozen >= 0 &&
      `Frozen: up to operation ${lastFrozen} no gradient comes through, so that ${still} of ${parameters.length} parameters learn nothing.`,
    firstOdd < 0 &&
      lastFrozen < 0 &&
      `The largest gradient, ${small(norms[largest] ?? 0)}, is that of operation ${largest}; no operation is without one.`,
  ];
  return {
    says: sentences.filter(Boolean).join(' '),
    remark(i) {
      const { data, gradient } = operations[i];
      if (odd[i]) {
        const where = [
          data.odd > 0 && `${data.odd} of its numbers`,
          gradient && gradient.odd > 0 && `${gradient.odd} of its gradient`,
        ];
        return { kind: 'odd', says: `✗ NaN or infinite: ${where.filter(Boolean).join(', ')}` };
      }
      if (frozen[i]) return { kind: 'frozen', says: '✗ frozen: no gradient' };
      if (i === largest) return { kind: 'largest', says: '▲ the largest gradient' };
      return undefined;
    },
  };
}

/** Whether a parameter stands behind each operation: images that are only reshaped need no gradient. */
function learnersOf(operations: Tape['operations']): boolean[] {
  const learns: boolean[] = [];
  for (const { inputs } of operations) {
    learns.push(
      inputs.some(
        (input) => input.from === 'parameter' || (input.from === 'operation' && learns[input.index]),
      ),
    );
  }
  return learns;
}
