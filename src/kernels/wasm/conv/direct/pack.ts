import { i32, type ModuleBuilder } from '../../builder/index.ts';
import type { Layout } from './layout.ts';

/** Range over all k: weights [k][out channels] -> for each pass and group [block][k][lanes of the block]. */
export function writePack(m: ModuleBuilder, { passes, groups, blocks, groupOut, groupLanes }: Layout) {
  return m.func('pack', { begin: i32, end: i32, weights: i32, packed: i32, table: i32 }, (f, p) => {
    for (const { firstK, ks, packed } of passes) {
      const first = f.let(f.select(p.begin.gt(firstK), p.begin, i32(firstK)));
      const last = f.let(f.select(p.end.lt(firstK + ks), p.end, i32(firstK + ks)));
      const k = f.local(i32);
      k.set(first);
      f.while(k.lt(last), () => {
        const from = f.let(p.weights.plus(f.loadI32(p.table.plus(k.shl(2)))));
        const to = f.let(p.packed.plus(packed * 4));
        f.for(0, groups, 1, () => {
          for (const block of blocks) {
            const lanes = block.vectors * 4;
            const at = f.let(to.plus(block.first * ks * 4).plus(k.minus(firstK).times(lanes * 4)));
            const read = f.let(from.plus(block.first * 4));
            f.for(0, block.count, 1, () => {
              for (let v = 0; v < block.vectors; v++) {
                const used = v === block.vectors - 1 ? block.lastLanes : 4;
                f.store4(at, f.load4Partial(read, used, v * 16), v * 16);
              }
              at.set(at.plus(lanes * ks * 4));
              read.set(read.plus(lanes * 4));
            });
          }
          to.set(to.plus(groupLanes * ks * 4));
          from.set(from.plus(groupOut * 4));
        });
        k.set(k.plus(1));
      });
    }
  });
}
