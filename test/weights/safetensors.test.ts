import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/weights/safetensors.ts';

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

  it.each([
    ['null', 'the header is no object'],
    ['[]', 'the header is no object'],
    ['{"a":null}', 'of a, its content must be an object, got null'],
    ['{"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}', 'of a, shape must be a list, got "2"'],
    ['{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}', 'of a, data_offsets.1 is missing'],
    [
      '{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}',
      'of a, shape.0 must be a whole number of 0 or more, got -1',
    ],
    [
      '{"a":{"dtype":"F32","shape":[1e15],"data_offsets":[0,4e15]}}',
      'should lie in bytes 0 to 4000000000000000 of 8',
    ],
    ['{"a":{"dtype":"constructor","shape":[2],"data_offsets":[0,8]}}', 'a has dtype constructor'],
    [
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
      'the tensors have 16 bytes together, the file 8',
    ],
    ['{"__metadata__":{"k":1}}', 'of __metadata__, k must be a text, got 1'],
  ])('says what is wrong with the header %s', (header, problem) => {
    const text = new TextEncoder().encode(header);
    const length = new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer);
    expect(() => decodeSafetensors(Uint8Array.of(...length, ...text, ...new Uint8Array(8)))).toThrow(problem);
  });

  it('refuses a dtype that it cannot hold', () => {
    const header = '{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,2]}} ';
    const bytes = new Uint8Array(8 + header.length + 2);
    bytes[0] = header.length;
    bytes.set(new TextEncoder().encode(header), 8);
    expect(() => decodeSafetensors(bytes)).toThrow('a has dtype C64');
  });
});
