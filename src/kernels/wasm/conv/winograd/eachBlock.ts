import type { FunctionBuilder, I32 } from '../../builder/index.ts';
import type { ChannelBlocks } from '../tiles.ts';

/** Runs `body` for the blocks [begin, end) of out channels, counted over all kinds, each with its first channel. */
export function eachBlock<B extends ChannelBlocks>(
  f: FunctionBuilder,
  begin: I32,
  end: I32,
  blocks: readonly B[],
  body: (block: B, channel: I32) => void,
): void {
  f.for(begin, end, 1, (index) => {
    let before = 0;
    for (const block of blocks) {
      const start = before;
      before += block.count;
      f.if(index.ge(start).and(index.lt(before)), () =>
        body(
          block,
          f.let(
            index
              .minus(start)
              .times(block.vectors * 4)
              .plus(block.first),
          ),
        ),
      );
    }
  });
}
