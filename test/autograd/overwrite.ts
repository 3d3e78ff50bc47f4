import { type Tensor, zeroGrad } from '../../src/autograd/index.ts';
import type { NDArray } from '../../src/kernels/contract.ts';

/**
 * What backward() does where one number of `array` is overwritten between the forward pass and backward(): 'throws'; 'right'
 * where every gradient is what it is without that; or the name of the first input whose gradient is another one.
 */
export function afterOverwriting(
  array: (y: Tensor) => NDArray,
  leaves: Readonly<Record<string, Tensor>>,
  forward: () => Tensor,
): string {
  const gradients = (between: (y: Tensor) => void) => {
    for (const leaf of Object.values(leaves)) zeroGrad(leaf);
    const y = forward();
    const upstream = { shape: y.shape, data: y.data.map((_, i) => 1 + 0.3 * Math.sin(i)) };
    between(y);
    y.backward({ gradient: upstream });
    return Object.entries(leaves).map(([name, leaf]) => ({ name, values: leaf.grad?.toArray() }));
  };
  const expected = gradients(() => {});
  let restore = () => {};
  try {
    const got = gradients((y) => {
      const { data } = array(y);
      const before = data[data.length >> 1];
      restore = () => data.set([before], data.length >> 1);
      data[data.length >> 1] = 1.5 * before + 0.37;
    });
    const wrong = got.find(({ values }, i) => String(values) !== String(expected[i].values));
    return wrong?.name ?? 'right';
  } catch (error) {
    if (
      error instanceof Error &&
      /backward\(\): the gradient of .* have been overwritten/s.test(error.message)
    )
      return 'throws';
    throw error;
  } finally {
    restore();
    for (const leaf of Object.values(leaves)) zeroGrad(leaf);
  }
}
