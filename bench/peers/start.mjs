import { readFileSync } from 'node:fs';

/** What a training step begins with (../start.ts): the parameters in PyTorch's order and layout, the images [N, C, H, W], the labels. */
export function readStart(file) {
  const tensors = readSafetensors(readFileSync(file));
  const x = tensors.get('x');
  const labels = Int32Array.from(tensors.get('labels').data);
  const parameters = [...tensors].filter(([name]) => /\.(weight|bias)$/.test(name)).map(([, each]) => each);
  return { x, labels, parameters };
}

/** Gives out the parameters one by one; a layer that asks for another shape is another network's. */
export function inOrder(parameters) {
  const left = [...parameters];
  return (shape) => {
    const next = left.shift();
    if (next?.shape.join() !== shape.join())
      throw new Error(`wanted [${shape}], the file has [${next?.shape}]`);
    return next.data;
  };
}

/** Numbers for what is timed without a start: the same for everybody is enough, any values will do. */
export function someNumbers(shape) {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next);
}

/** The format: src/weights/safetensors.ts. float32 alone. */
function readSafetensors(bytes) {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets: [begin, end] = [] }] of Object.entries(header)) {
    if (dtype !== 'F32') continue;
    const data = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset + 8 + length + begin, bytes.byteOffset + 8 + length + end),
    );
    tensors.set(name, { shape, data });
  }
  return tensors;
}
