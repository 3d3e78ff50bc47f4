import { createHash } from 'node:crypto';
import type { Module } from '../nn/module.ts';

/**
 * A fingerprint of everything that training changed: names, shapes and the bits of all parameters and buffers. Two
 * runs with the same digest ended with the same weights, bit by bit. 16 hex digits of SHA-256.
 */
export function weightsDigest(model: Module): string {
  const hash = createHash('sha256');
  for (const [name, { shape, dtype, data }] of model.namedTensors()) {
    hash.update(`${name} ${dtype} [${shape.join(', ')}]\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}
