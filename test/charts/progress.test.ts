import fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { createProgress, duration, formatMetric, type ProgressOptions } from '../../src/charts/progress.ts';
import { displayWidth } from '../../src/charts/text.ts';

/** A progress that writes to memory and whose clock advances by hand. */
function fakeProgress(options: Partial<ProgressOptions> & { columns?: number; isTTY?: boolean }) {
  const { columns = 120, isTTY = true } = options;
  const written: string[] = [];
  const clock = { ms: 0 };
  const progress = createProgress({
    label: 'Epoch 1/3',
    total: 938,
    stream: { isTTY, columns, write: (text: string) => written.push(text) },
    env: {},
    colors: pc.createColors(false),
    now: () => clock.ms,
    ...options,
  });
  return { progress, written, clock };
}

describe('on a terminal', () => {
  it('rewrites one line and leaves the final one', () => {
    const { progress, written, clock } = fakeProgress({});
    clock.ms = 4100;
    progress.update(410, { loss: 0.0951, acc: 0.9707 });
    clock.ms = 9800;
    progress.done({ loss: 0.2413, acc: 0.9281, val_loss: 0.112, val_acc: 0.9657 });
    expect(written).toEqual([
      '\rEpoch 1/3  410/938 ━━━━━━━━╸───────────  6s left  10.0ms/step  loss 0.0951 acc 0.9707\u001b[K',
      '\rEpoch 1/3  938/938 ━━━━━━━━━━━━━━━━━━━━  9.8s  10.4ms/step  loss 0.2413 acc 0.9281  val_loss 0.1120 val_acc 0.9657\u001b[K\n',
    ]);
  });

  it('draws at most ten times a second', () => {
    const { progress, written, clock } = fakeProgress({});
    for (let step = 1; step <= 500; step++) {
      clock.ms = step * 2;
      progress.update(step);
    }
    expect(written.length).toBeGreaterThan(5);
    expect(written.length).toBeLessThanOrEqual(11);
  });

  it('times only the steps of this process when resumed', () => {
    const { progress, written, clock } = fakeProgress({ startStep: 900 });
    clock.ms = 1000;
    progress.update(910);
    expect(written[0]).toContain('3s left  100ms/step');
  });

  it('writes messages above, and goes on', () => {
    const { progress, written, clock } = fakeProgress({});
    progress.update(1, {});
    clock.ms = 50;
    progress.log('stopping after this step…');
    progress.stop();
    expect(written[1]).toBe('\r\u001b[Kstopping after this step…\n');
    expect(written[2]).toMatch(/^\rEpoch 1\/3 {4}1\/938 /);
    expect(written[3]).toMatch(/\n$/);
  });

  it('never wraps', () => {
    const metrics = fc.dictionary(fc.string(), fc.double());
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        metrics,
        fc.integer({ min: 1, max: 200 }),
        fc.nat(1000),
        (label, values, columns, step) => {
          const { progress, written, clock } = fakeProgress({ label, columns });
          clock.ms = 1234;
          progress.update(step, values);
          progress.done();
          for (const text of written) {
            const line = text.replace(/^\r|\u001b\[K\n?$/g, '');
            expect(line).not.toMatch(/\p{Cc}/u);
            expect(displayWidth(line)).toBeLessThan(Math.max(2, columns));
          }
        },
      ),
    );
  });
});

describe('without a terminal, or in CI', () => {
  it.each([
    ['a pipe', { isTTY: false }],
    ['a CI job', { isTTY: true, env: { CI: 'true' } }],
    ['a dumb terminal', { isTTY: true, env: { TERM: 'dumb' } }],
  ])('writes one line per epoch to %s', (_, options) => {
    const { progress, written, clock } = fakeProgress(options);
    for (let step = 1; step <= 938; step++) {
      clock.ms = step * 100;
      progress.update(step, { loss: 1 });
    }
    progress.done();
    expect(written).toEqual(['Epoch 1/3  938/938 ━━━━━━━━━━━━━━━━━━━━  1m34s  100ms/step  loss 1.0000\n']);
  });
});

describe('numbers', () => {
  it.each([
    [0.24131, '0.2413'],
    [0, '0'],
    [3.2e-5, '3.20e-5'],
    [123456, '1.23e+5'],
    [Number.NaN, 'NaN'],
  ])('metric %d is %s', (value, text) => {
    expect(formatMetric(value)).toBe(text);
  });

  it.each([
    [840, '0.8s'],
    [9800, '9.8s'],
    [42_300, '42s'],
    [185_000, '3m05s'],
    [7_390_000, '2h03m'],
  ])('%d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
