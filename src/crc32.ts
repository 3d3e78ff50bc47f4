/**
 * Checksums of 32 bits, over the reflected polynomial of IEEE 802.3 in zip files and of Castagnoli 1993 in TensorBoard's. zlib has the
 * first only, and no browser has either.
 */
export const crc32 = crcOver(0xedb88320);
export const crc32c = crcOver(0x82f63b78);

function crcOver(polynomial: number): (bytes: Uint8Array) => number {
  let table: Uint32Array | undefined;
  return (bytes) => {
    table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
      let crc = byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
      return crc;
    });
    let crc = 0xffffffff;
    for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff];
    return ~crc >>> 0;
  };
}
