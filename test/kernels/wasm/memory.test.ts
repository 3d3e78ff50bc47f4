import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemory } from '../../../src/kernels/wasm/runtime/memory.ts';
import { sizeClass } from '../../../src/kernels/wasm/runtime/pool.ts';

const PAGES_4_MIB = 64;

test('a size class holds what was asked for and wastes at most an eighth', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 26 }), (lines) => {
      const capacity = sizeClass(lines);
      expect(capacity).toBeGreaterThanOrEqual(lines);
      expect(capacity).toBeLessThanOrEqual(lines * 1.125 + 1);
      expect(sizeClass(capacity)).toBe(capacity);
    }),
  );
});

test('blocks never overlap, are aligned, and statistics follow, through any sequence of requests', () => {
  const step = fc.record({ floats: fc.integer({ min: 0, max: 60_000 }), release: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { pool } = createMemory(1024);
      const live: Float32Array[] = [];
      for (const { floats, release } of steps) {
        const view = pool.allocate(floats);
        expect(view.length).toBe(floats);
        expect(view.byteOffset % 64).toBe(0);
        expect(view.byteOffset).toBeGreaterThan(0);
        expect(pool.owns(view)).toBe(true);
        view.fill(live.length + 1);
        live.push(view);
        if (release % 3 !== 0) pool.release(live.splice(release % live.length, 1)[0]);
      }
      const ranges = live.map((view) => [view.byteOffset, view.byteOffset + view.byteLength]);
      ranges.sort((a, b) => a[0] - b[0]);
      for (let i = 1; i < ranges.length; i++) expect(ranges[i][0]).toBeGreaterThanOrEqual(ranges[i - 1][1]);
      for (const view of live) expect(new Set(view).size).toBeLessThanOrEqual(1);
      const { inUse, peak, reserved } = pool.statistics();
      expect(inUse).toBeGreaterThanOrEqual(live.reduce((sum, view) => sum + view.byteLength, 0));
      expect(peak).toBeGreaterThanOrEqual(inUse);
      expect(reserved).toBeGreaterThanOrEqual(inUse);
      for (const view of live) pool.release(view);
      expect(pool.statistics().inUse).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test('a step that repeats its requests gets the same views and reserves nothing more', () => {
  const { pool } = createMemory(1024);
  const sizes = [10, 1000, 1000, 33_000, 7, 1000];
  const step = () => {
    const views = sizes.map((size) => pool.allocate(size));
    for (const view of [...views].reverse()) pool.release(view);
    return views;
  };
  const first = step();
  const { reserved } = pool.statistics();
  for (let i = 0; i < 5; i++) expect(new Set(step())).toEqual(new Set(first));
  expect(pool.statistics().reserved).toBe(reserved);
});

test('views stay valid when the memory grows', () => {
  const { memory, pool } = createMemory(1024);
  const early = pool.allocate(1000).fill(3);
  const before = memory.buffer.byteLength;
  const late = pool.allocate(8_000_000);
  expect(memory.buffer.byteLength).toBeGreaterThan(before);
  expect(early[999]).toBe(3);
  early[0] = 5;
  expect(new Float32Array(memory.buffer, early.byteOffset, 1)[0]).toBe(5);
  expect(pool.owns(early) && pool.owns(late)).toBe(true);
  pool.release(early);
  expect(pool.allocate(1000)).toBe(early);
});

test('blocks stay ours when another shared memory of the process grows', () => {
  const { memory, pool } = createMemory(1024);
  const before = pool.allocate(100);
  const other = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
  other.grow(1); // V8 then gives every shared memory a new buffer object
  const after = pool.allocate(200);
  expect(pool.owns(before)).toBe(true);
  expect(pool.owns(after)).toBe(true);
  expect(pool.owns(new Float32Array(other.buffer as ArrayBuffer))).toBe(false);
  expect(new Float32Array(memory.buffer as ArrayBuffer, after.byteOffset, 1)[0]).toBe(after[0]);
});

test('large blocks of equal size do not lie a multiple of 4 KiB apart', () => {
  const { pool } = createMemory(1024);
  const starts = Array.from({ length: 8 }, () => pool.allocate(65_536).byteOffset % 4096);
  expect(new Set(starts).size).toBe(8);
});

test('at the limit free blocks of other sizes are joined before giving up', () => {
  const { pool } = createMemory(PAGES_4_MIB);
  const small = Array.from({ length: 100 }, () => pool.allocate(8192));
  for (const view of small) pool.release(view);
  const large = pool.allocate(800_000).fill(1);
  expect(large.length).toBe(800_000);
  pool.release(large);
  const again = Array.from({ length: 90 }, () => pool.allocate(8192));
  expect(new Set(again.map((view) => view.byteOffset)).size).toBe(90);
});

test('joining leaves the blocks in use alone', () => {
  const { pool } = createMemory(PAGES_4_MIB);
  const views = Array.from({ length: 100 }, (_, i) => pool.allocate(8192).fill(i));
  const kept = views.filter((_, i) => i % 10 === 0);
  for (const [i, view] of views.entries()) if (i % 10 !== 0) pool.release(view);
  const larger = Array.from({ length: 9 }, () => pool.allocate(65_536).fill(-1));
  kept.forEach((view, i) => {
    expect(view.every((value) => value === i * 10)).toBe(true);
  });
  expect(larger.every((view) => view.every((value) => value === -1))).toBe(true);
});

test('the error at the limit says what was asked, what is in use, and what to do', () => {
  const { pool } = createMemory(PAGES_4_MIB);
  pool.allocate(500_000);
  expect(() => pool.allocate(800_000)).toThrow(
    /tensor of 3\.\d MiB was asked for, [12]\.\d MiB are in use and the limit is 4\.0 MiB.*noGrad.*smaller batch/,
  );
});

test('releasing twice, or a part of a block, is an error', () => {
  const { pool } = createMemory(PAGES_4_MIB);
  const view = pool.allocate(100);
  expect(() => pool.release(view.subarray(16))).toThrow('not a block of the pool');
  expect(() => pool.release(new Float32Array(100))).toThrow('not a block of the pool');
  pool.release(view);
  expect(() => pool.release(view)).toThrow('released before');
  expect(() => pool.allocate(1.5)).toThrow('whole number');
});
