import { windowPositions } from '../../checks.ts';
import type { Shape, Window } from '../../contract.ts';
import { type FunctionBuilder, type I32, i32 } from '../builder/index.ts';
import { remember } from '../runtime/remember.ts';

/**
 * What the pooling kernels have in common: images [H, W, C], cut into the windows of one pooling layer. Kernels are
 * specialised to all of it, so that windows without padding are unrolled and addresses are constants.
 */
export interface Pooling {
  height: number;
  width: number;
  channels: number;
  outHeight: number;
  outWidth: number;
  window: Window;
}

/** The same object for the same lengths: kernels hang on it (rememberFor). */
export function poolingOf([, height, width, channels]: Shape, window: Window): Pooling {
  const { kernel, stride, dilation, padding } = window;
  return known(height, width, channels, ...kernel, ...stride, ...dilation, ...padding);
}

const known = remember((height, width, channels, ...[kh, kw, sy, sx, dy, dx, ...cells]): Pooling => {
  const [top, bottom, left, right] = cells;
  const padding = [top, bottom, left, right] as const;
  const window: Window = { kernel: [kh, kw], stride: [sy, sx], dilation: [dy, dx], padding };
  const [outHeight, outWidth] = windowPositions(height, width, window);
  return { height, width, channels, outHeight, outWidth, window };
});

/** Windows of so many taps are unrolled, if no tap can lie in the padding. */
const UNROLLED_TAPS = 9;

/** Whether every tap of every window lies on the image (padding that no window reaches into does not count). */
function inside({ height, width, outHeight, outWidth, window }: Pooling): boolean {
  const { kernel, stride, dilation, padding } = window;
  const end = (positions: number, axis: number) =>
    (positions - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis];
  return padding[0] === 0 && padding[2] === 0 && end(outHeight, 0) < height && end(outWidth, 1) < width;
}

/** Whether every pixel lies in exactly one window, as with 2x2 windows and stride 2 on an even image. */
export function tilesImage({ height, width, outHeight, outWidth, window }: Pooling): boolean {
  const { kernel, stride, dilation, padding } = window;
  const fits = (length: number, positions: number, axis: 0 | 1) =>
    kernel[axis] === stride[axis] && dilation[axis] === 1 && positions * stride[axis] === length;
  return padding.every((cells) => cells === 0) && fits(height, outHeight, 0) && fits(width, outWidth, 1);
}

/** One window: how to visit its taps, each with its address offset from the image's start, in bytes. */
export interface WindowTaps {
  /** Calls `tap` with the offset of every tap on the image; after each row of taps `endRow`. */
  visit(tap: (offset: I32, constant: number) => void, endRow?: () => void): void;
  /** How many taps lie on the image. */
  count: I32 | number;
}

/** The window at output position (oy, ox). Its bounds are computed here, once, before the loop over channels. */
export function windowTaps(f: FunctionBuilder, pooling: Pooling, oy: I32, ox: I32): WindowTaps {
  const { height, width, channels, window } = pooling;
  const { kernel, stride, dilation, padding } = window;
  const pixel = channels * 4;
  const firstY = f.let(oy.times(stride[0]).minus(padding[0]));
  const firstX = f.let(ox.times(stride[1]).minus(padding[2]));
  const taps = kernel[0] * kernel[1];
  if (inside(pooling)) {
    const start = f.let(firstY.times(width).plus(firstX).times(pixel));
    if (taps <= UNROLLED_TAPS) {
      return {
        count: taps,
        visit(tap, endRow) {
          for (let ky = 0; ky < kernel[0]; ky++) {
            for (let kx = 0; kx < kernel[1]; kx++) {
              tap(start, (ky * dilation[0] * width + kx * dilation[1]) * pixel);
            }
            endRow?.();
          }
        },
      };
    }
  }
  const rows = onImage(f, firstY, height, kernel[0], dilation[0]);
  const columns = onImage(f, firstX, width, kernel[1], dilation[1]);
  return {
    count: rows.end.minus(rows.begin).times(columns.end.minus(columns.begin)),
    visit(tap, endRow) {
      f.for(rows.begin, rows.end, 1, (ky) => {
        const y = f.let(ky.times(dilation[0]).plus(firstY).times(width));
        f.for(columns.begin, columns.end, 1, (kx) => {
          tap(f.let(kx.times(dilation[1]).plus(firstX).plus(y).times(pixel)), 0);
        });
        endRow?.();
      });
    },
  };
}

/** The taps [begin, end) of one axis that lie on the image; begin = end where there are none. */
function onImage(f: FunctionBuilder, first: I32, length: number, kernel: number, dilation: number) {
  const clamp = (value: I32, low: I32 | number): I32 => {
    const least = typeof low === 'number' ? i32(low) : low;
    const raised = f.let(f.select(value.lt(least), least, value));
    return f.let(f.select(raised.gt(kernel), i32(kernel), raised));
  };
  const begin = clamp(
    f.let(
      i32(dilation - 1)
        .minus(first)
        .div(dilation),
    ),
    0,
  );
  const end = clamp(
    f.let(
      i32(length + dilation - 1)
        .minus(first)
        .div(dilation),
    ),
    begin,
  );
  return { begin, end };
}

/** Runs `body` for each vector of channels from `begin` to `end` (bytes of a pixel): its offset, and its lanes in use. */
export function forChannels(
  f: FunctionBuilder,
  { channels }: Pooling,
  begin: I32 | number,
  end: I32 | number,
  body: (channel: I32, lanes: number) => void,
): void {
  const whole = (channels & -4) * 4;
  if (channels % 4 === 0) f.for(begin, end, 16, (channel) => body(channel, 4));
  else {
    const stop = typeof end === 'number' ? i32(end) : end;
    const full = f.let(f.select(stop.gt(whole), i32(whole), stop));
    f.for(begin, full, 16, (channel) => body(channel, 4));
    f.if(stop.gt(whole), () => body(f.let(i32(whole)), channels % 4));
  }
}
