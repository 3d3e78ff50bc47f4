import type { Shape } from '../../contract.ts';
import { joinAxes } from '../../strides.ts';
import { callRows } from '../templates/rows.ts';
import { copyKernel } from './copyKernel.ts';

/** Numbers to a part: about 10 us. */
const PART = 32768;

/** to[...] = from[...] over two views of `shape`: addresses, and strides in numbers. */
export function copyStrided(
  shape: Shape,
  to: number,
  toStrides: readonly number[],
  from: number,
  fromStrides: readonly number[],
): void {
  if (shape.includes(0)) return;
  const axes = joinAxes(shape, toStrides, fromStrides);
  const last = axes.lengths.length - 1;
  const length = axes.lengths[last];
  const [stepTo, stepFrom] = [axes.first[last], axes.second[last]];
  const kernel = copyKernel();
  const grain = Math.ceil(PART / (length + 16));
  if (stepTo === 1 && stepFrom > 1 && last > 0 && axes.second[last - 1] === 1) {
    const rows = axes.lengths[last - 1];
    const stride = axes.first[last - 1] * 4;
    callRows(axes, 2, (count, first, second, outer) => {
      const items = count * Math.ceil(rows / 4);
      const args = [to + first, from + second, length, ...outer, rows, stride, stepFrom * 4];
      kernel.range('transpose', items, Math.ceil(grain / 4), ...args);
    });
    return;
  }
  callRows(axes, 1, (count, first, second, outer) => {
    const args = [to + first, from + second, length, ...outer];
    if (stepTo === 1 && stepFrom <= 1) {
      kernel.range(stepFrom === 1 ? 'copy' : 'repeat', count, grain, ...args);
    } else {
      kernel.range('strided', count, grain, ...args, stepTo * 4, stepFrom * 4);
    }
  });
}
