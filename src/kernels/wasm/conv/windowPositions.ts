import type { Window } from '../../contract.ts';

/** How many positions a window takes on an image, down and across. */
export function windowPositions(height: number, width: number, window: Window): [number, number] {
  const [top, bottom, left, right] = window.padding;
  const along = (length: number, axis: number) =>
    Math.floor((length - window.dilation[axis] * (window.kernel[axis] - 1) - 1) / window.stride[axis]) + 1;
  const rows = along(height + top + bottom, 0);
  const columns = along(width + left + right, 1);
  if (rows < 1 || columns < 1) {
    throw new RangeError(
      `a ${window.kernel[0]}x${window.kernel[1]} window, dilation [${window.dilation}], does not fit into a ` +
        `${height}x${width} image with padding [${window.padding}]: use a smaller kernel or more padding`,
    );
  }
  return [rows, columns];
}
