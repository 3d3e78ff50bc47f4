import type { Shape, Window } from '../kernels/contract.ts';

/** One number for both directions, or [height, width]. */
export type Pair = number | readonly [number, number];

/** Cells around the image; 'same': output = ceil(input / stride), the odd cell at the bottom right; 'valid': none. */
export type Padding = Pair | 'same' | 'valid';

export interface WindowOptions {
  stride?: Pair;
  padding?: Padding;
  dilation?: Pair;
}

/** A window's geometry over images [N, H, W, C]; throws where it does not fit. */
export function windowOver(name: string, shape: Shape, kernel: Pair, options: WindowOptions): Window {
  if (shape.length !== 4) {
    throw new Error(`${name}: expected images [N, H, W, C], got [${shape.join(', ')}].`);
  }
  const [kh, kw] = pair(kernel);
  const stride = pair(options.stride ?? 1);
  const dilation = pair(options.dilation ?? 1);
  const extent = [(kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1];
  const [top, bottom] = paddingOf(options.padding ?? 0, 0, shape[1], extent[0], stride[0]);
  const [left, right] = paddingOf(options.padding ?? 0, 1, shape[2], extent[1], stride[1]);
  if (shape[1] + top + bottom < extent[0] || shape[2] + left + right < extent[1]) {
    throw new Error(
      `${name}: a window of ${extent.join('x')} cells does not fit into images [${shape.join(', ')}] with padding ` +
        `[${[top, bottom, left, right].join(', ')}]. Use padding 'same', or larger images.`,
    );
  }
  return { kernel: [kh, kw], stride, dilation, padding: [top, bottom, left, right] };
}

function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

function paddingOf(
  padding: Padding,
  axis: 0 | 1,
  input: number,
  extent: number,
  stride: number,
): [number, number] {
  if (padding === 'valid') return [0, 0];
  if (padding !== 'same') return [pair(padding)[axis], pair(padding)[axis]];
  const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + extent - input);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
