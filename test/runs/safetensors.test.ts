import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/runs/safetensors.ts';

const file = () =>
  encodeSafetensors({
    tensors: new Map([
      ['w', { shape: [2, 2], data: Float32Array.of(1, -2, Number.NaN, 0.1) }],
      ['empty', { shape: [0], data: new Float32Array(0) }],
      ['b', { shape: [], data: Float64Array.of(Math.PI) }],
    ]),
    metadata: { who: 'ünïcode' },
  });

describe('safetensors', () => {
  it('reads what it wrote', () => {
    const { tensors, metadata } = decodeSafetensors(file());
    expect([...tensors.keys()]).toEqual(['w', 'empty', 'b']);
    expect(tensors.get('w')).toEqual({ shape: [2, 2], data: Float32Array.of(1, -2, Number.NaN, 0.1) });
    expect(tensors.get('b')!.data).toEqual(Float64Array.of(Math.PI));
    expect(metadata).toEqual({ who: 'ünïcode' });
  });

  // The layout is that of the format's README (github.com/huggingface/safetensors).
  it('reads the layout that others write, and lays out its own the same way', () => {
    const header = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const bytes = new Uint8Array([
      ...new Uint8Array(BigUint64Array.of(BigInt(padded.length)).buffer),
      ...new TextEncoder().encode(padded),
      ...new Uint8Array(Float32Array.of(1, 2).buffer),
    ]);
    const read = decodeSafetensors(bytes);
    expect(read.tensors.get('a')).toEqual({ shape: [2], data: Float32Array.of(1, 2) });
    expect(encodeSafetensors(read)).toEqual(bytes);
  });

  it('says of every truncation that the file is not whole', () => {
    const whole = file();
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeSafetensors(whole.subarray(0, length))).toThrow(/^safetensors: .*not whole/);
    }
  });

  it('refuses a dtype that it cannot hold', () => {
    const header = '{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}} ';
    const bytes = new Uint8Array(8 + header.length + 2);
    bytes[0] = header.length;
    bytes.set(new TextEncoder().encode(header), 8);
    expect(() => decodeSafetensors(bytes)).toThrow('a has dtype BF16');
  });
});
