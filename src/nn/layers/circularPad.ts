import { concat, slice, type Tensor } from '../../autograd/index.ts';
import { requireTensor } from '../../autograd/inputs.ts';
import { checkCount } from '../../options.ts';
import { Module } from '../module.ts';

/**
 * Images as a torus: `cells` rows and columns of the opposite edge around each image, so that a convolution without padding
 * treats every position alike. [N, H, W, C] -> [N, H + 2 cells, W + 2 cells, C]. The gradient of an edge comes back to the
 * pixels that it was copied from: slice and concat see to it.
 */
export function circularPad(x: Tensor, cells: number): Tensor {
  requireTensor('circularPad', x);
  checkCount('circularPad', 'cells', cells, 0);
  const [, height, width] = x.shape;
  if (x.rank !== 4 || cells > Math.min(height, width)) {
    throw new Error(
      `circularPad: ${cells} cells around images [${x.shape.join(', ')}]; it needs [N, H, W, C] with H and W of at least ${cells}.`,
    );
  }
  return wrapped(wrapped(x, 1, cells), 2, cells);
}

/** The last `cells` along an axis, all of it, the first ones. */
function wrapped(x: Tensor, axis: number, cells: number): Tensor {
  const part = (from: number) =>
    slice(
      x,
      x.shape.map((_, i) => (i === axis ? from : 0)),
      x.shape.map((length, i) => (i === axis ? cells : length)),
    );
  return concat([part(x.shape[axis] - cells), x, part(0)], axis);
}

export class CircularPad extends Module {
  constructor(readonly cells: number) {
    super();
    checkCount('CircularPad', 'cells', cells, 0);
  }

  forward(x: Tensor): Tensor {
    return circularPad(x, this.cells);
  }
}
