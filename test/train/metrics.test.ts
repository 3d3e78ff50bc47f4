import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readMetrics } from '../../src/train/metrics.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-metrics-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('metrics of one kind', () => {
  const score = { loss: 1, accuracy: 0.5 };
  const step = { t: 'step', step: 1, epoch: 1, train: score, lr: 0.1, ms: 2 };
  const epoch = { t: 'epoch', step: 1, epoch: 1, train: score, test: score, lr: 0.1, seconds: 1 };
  const file = join(folder, 'metrics.jsonl');

  it('are read, however a line is written; the others are not looked at', () => {
    // As another program may write it.
    const spaced = JSON.stringify({ ...epoch, epoch: 2 }, null, 1).replaceAll('\n', ' ');
    const moved = JSON.stringify(step, ['lr', 't', 'step', 'epoch', 'train', 'loss', 'accuracy', 'ms']);
    writeFileSync(file, [JSON.stringify(step), JSON.stringify(epoch), spaced, moved, '{"t":"st'].join('\n'));
    expect(readMetrics(file, 'epoch')).toEqual([epoch, { ...epoch, epoch: 2 }]);
    expect(readMetrics(file, 'step')).toHaveLength(2);
    expect(readMetrics(file)).toHaveLength(4);
  });

  it('that are damaged are an error', () => {
    writeFileSync(file, `{"t":"epoch","step":"x"}\n${JSON.stringify(step)}\n`);
    expect(() => readMetrics(file, 'epoch')).toThrow('metrics.jsonl: line 1');
    expect(readMetrics(file, 'step')).toEqual([step]);
  });
});
