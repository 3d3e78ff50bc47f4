import { crc32c } from '../../crc32.ts';

/**
 * TensorBoard's event files: records of TFRecord (a length of 8 bytes, its checksum, the content, its checksum), whose contents are
 * protocol buffers of the message Event (tensorflow/core/util/event.proto). Of a protocol buffer every field is its number and type
 * in one byte, then its value; what has no fixed length says it first.
 */

export interface Scalar {
  tag: string;
  value: number;
}

/** What an event file begins with. */
export function versionEvent(seconds: number): Uint8Array {
  return record([...double(1, seconds), ...bytes(3, text('brain.Event:2'))]);
}

/** Numbers that were measured at a step, at a time in seconds since 1970. */
export function scalarsEvent(seconds: number, step: number, scalars: readonly Scalar[]): Uint8Array {
  const values = scalars.flatMap(({ tag, value }) => bytes(1, [...bytes(1, text(tag)), ...float(2, value)]));
  return record([...double(1, seconds), 2 << 3, ...varint(step), ...bytes(5, values)]);
}

function record(content: readonly number[]): Uint8Array {
  const out = new Uint8Array(content.length + 16);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(content.length), true);
  view.setUint32(8, masked(out.subarray(0, 8)), true);
  out.set(content, 12);
  view.setUint32(12 + content.length, masked(out.subarray(12, 12 + content.length)), true);
  return out;
}

/** A checksum of data that hold checksums says little; so it is turned, and something added (TensorFlow's crc32c.h). */
function masked(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function double(field: number, value: number): number[] {
  return [(field << 3) | 1, ...new Uint8Array(Float64Array.of(value).buffer)];
}

function float(field: number, value: number): number[] {
  return [(field << 3) | 5, ...new Uint8Array(Float32Array.of(value).buffer)];
}

function bytes(field: number, content: readonly number[]): number[] {
  return [(field << 3) | 2, ...varint(content.length), ...content];
}

/** Seven bits a byte, the lowest first; the highest bit says that more follow. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

function text(value: string): number[] {
  return [...new TextEncoder().encode(value)];
}
