import type { FunctionBuilder, I32, ModuleBuilder, Var } from '../../builder/index.ts';
import { type ChannelBlocks, channelBlocks, padded4 } from '../blocks.ts';
import { type FrameSpec, frameChannels, writeFrame } from './frame.ts';
import type { Pass, TapConv } from './taps.ts';

/** Everything the code of a direct convolution depends on: its frame, its bands, and how weights and tables lie. */
export interface Layout {
  conv: TapConv;
  /** Vectors run across the groups, over a frame that is spread (frame.ts); otherwise group by group. */
  spread: boolean;
  /** As the tiles see them: one group of all channels where spread. */
  groups: number;
  groupOut: number;
  blocks: ChannelBlocks[];
  /** groupOut rounded up to whole vectors. */
  groupLanes: number;
  passes: { pass: Pass; ks: number; firstK: number; packed: number }[];
  totalKs: number;
  packedFloats: number;
  frame: FrameSpec;
  /** Floats from one frame pixel, row, and channel of the group to the next. */
  cellFloats: number;
  rowFloats: number;
  planeFloats: number;
  /** The source serves as frame: no window reaches outside it. */
  inPlace: boolean;
  /** An item of work is a band of output rows; its frame has frameRows rows. */
  bandRows: number;
  bands: number;
  frameRows: number;
  frameFloats: number;
  /** Items to a part. */
  grain: number;
}

/** The work of one item, some 8 us. Longer, and one of two threads waits at the end; shorter, and frames cost more. */
const ITEM_MULTIPLIES = 200_000;
/** Small items are joined to parts of at most this. */
const PART_MULTIPLIES = 150_000;
/** A frame stays in the second-level cache. */
const MOST_FRAME_FLOATS = 65536;

export function layOut(conv: TapConv): Layout {
  const spread = conv.groups > 1 && conv.groupOut < 4;
  const [groups, groupOut] = spread ? [1, conv.out.channels] : [conv.groups, conv.groupOut];
  const groupLanes = padded4(groupOut);
  const passes: Layout['passes'] = [];
  let totalKs = 0;
  for (const pass of conv.passes) {
    const ks = pass.taps.length * conv.groupIn;
    passes.push({ pass, ks, firstK: totalKs, packed: totalKs * groups * groupLanes });
    totalKs += ks;
  }
  return {
    ...{ conv, spread, groups, groupOut, groupLanes, passes, totalKs },
    blocks: channelBlocks(groupOut),
    packedFloats: Math.max(1, totalKs * groups * groupLanes),
    ...frameLayout(conv, spread),
  };
}

function frameLayout(conv: TapConv, spread: boolean) {
  const { source, passes, inStep, top, left } = conv;
  const taps = passes.flatMap((pass) => pass.taps);
  const lastTapY = Math.max(0, ...taps.map((tap) => tap.y));
  const lastTapX = Math.max(0, ...taps.map((tap) => tap.x));
  const rows = Math.max(...passes.map((pass) => pass.rows));
  const framed = (positions: number, step: number, last: number) => (positions - 1) * step + last + 1;
  const columns = framed(Math.max(...passes.map((pass) => pass.columns)), inStep[1], lastTapX);
  const frame: FrameSpec = {
    ...{ ...source, top, left, columns },
    spread: spread
      ? { groupIn: conv.groupIn, groupOut: conv.groupOut, outChannels: conv.out.channels }
      : null,
  };
  const inPlace =
    frameChannels(frame) === source.channels &&
    !(spread && conv.groupIn > 1) &&
    top <= 0 &&
    left <= 0 &&
    framed(rows, inStep[0], lastTapY) - top <= source.height &&
    columns - left <= source.width;
  const cellFloats = frameChannels(frame);
  const rowFloats = (inPlace ? source.width : columns) * cellFloats;
  const rowMultiplies = passes.reduce(
    (sum, pass) => sum + pass.columns * pass.taps.length * conv.groupIn * conv.out.channels,
    0,
  );
  const fitting = Math.floor((MOST_FRAME_FLOATS / rowFloats - lastTapY) / inStep[0]);
  const mostRows = Math.max(1, Math.min(rows, fitting, Math.ceil(ITEM_MULTIPLIES / rowMultiplies)));
  const bandRows = Math.ceil(rows / Math.ceil(rows / mostRows)); // even bands
  const bands = Math.ceil(rows / bandRows);
  const frameRows = framed(bandRows, inStep[0], lastTapY);
  return {
    ...{ frame, inPlace, cellFloats, rowFloats, bandRows, bands, frameRows },
    planeFloats: spread ? conv.out.channels : 1,
    // Tiles may read a few channels past the last pixel.
    frameFloats: padded4(frameRows * rowFloats) + 16,
    grain: Math.max(1, Math.floor(PART_MULTIPLIES / (rowMultiplies * bandRows))),
  };
}

/** Gives the address of the frame of a band, which begins at output row `row`; written to `own`, unless the image serves. */
export function writeBandFrame(m: ModuleBuilder, layout: Layout) {
  const { conv, frame, inPlace, rowFloats, cellFloats } = layout;
  const write = inPlace ? null : writeFrame(m, frame);
  return (f: FunctionBuilder, image: I32, row: I32, own: I32, rows: number): Var<I32> => {
    if (write === null) {
      const start = -conv.top * rowFloats - conv.left * cellFloats;
      return f.let(image.plus(row.times(conv.inStep[0] * rowFloats * 4)).plus(start * 4));
    }
    const to = f.let(own);
    f.call(write, { to, image, firstRow: row.times(conv.inStep[0]), rows });
    return to;
  };
}
