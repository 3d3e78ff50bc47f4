import { i32, type ModuleBuilder } from '../../builder/index.ts';
import { padded4 } from '../blocks.ts';
import type { Filter } from './filter.ts';
import { gridSignature, locate } from './grid.ts';
import { writeWindow } from './window.ts';

/** V = B^T d B of all tiles of all images, for all channels: what a thread makes first where work is cut by channels. */
export function writeWholeImage(m: ModuleBuilder, filter: Filter, channels: number, planeV: number) {
  const transform = writeWindow(m, { name: 'input', filter, side: 'image', channels, plane: planeV });
  const signature = { x: i32, v: i32, total: i32, cells: i32, ...gridSignature };
  return m.func('whole image', signature, (f, p) => {
    const { height, width, cells } = p;
    const imageBytes = f.let(height.times(width).times(channels * 4));
    f.for(0, p.total, 1, (t) => {
      const { n, y, x } = locate(f, p, t, filter.outputs);
      const image = p.x.plus(n.times(imageBytes));
      const out = p.v.plus(t.times(padded4(channels) * 4));
      f.call(transform, { image, height, width, y, x, out, cells });
    });
  });
}
