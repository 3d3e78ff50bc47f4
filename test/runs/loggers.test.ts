import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32c } from '../../src/crc32.ts';
import { metricsCsv } from '../../src/runs/loggers/csv.ts';
import { scalarsEvent, versionEvent } from '../../src/runs/loggers/events.ts';
import { readRun, runFiles } from '../../src/runs/record.ts';
import { type MetricsLine, readMetrics } from '../../src/train/metrics.ts';
import { inProcess } from '../cli/inProcess.ts';

let folder: string;
const runs = () => ['one', 'two'].map((name) => join(folder, name));
const log = (name: string) => join(folder, 'live', name, 'events.out.tfevents.0000000000.normgrad');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'normgrad-loggers-'));
  for (const [i, path] of runs().entries()) {
    const small = ['--dataset', 'synthetic', '--limit', '60', '--test-limit', '20', '--hidden', '4'];
    const probes = i === 0 ? ['--probes', 'statistics'] : [];
    const more = [
      '--epochs',
      '2',
      '--batch-size',
      '20',
      '--out',
      path,
      '--tensorboard',
      join(folder, 'live'),
    ];
    expect((await inProcess(['train', ...small, ...probes, ...more])).code).toBe(0);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Event {
  time: number;
  step: number;
  version?: string;
  scalars: Record<string, number>;
}

/** Reads the records of an event file as TensorFlow's reader does, checksums included. */
function decodeEvents(file: Uint8Array): Event[] {
  const events: Event[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const unmasked = (masked: number) => {
    const turned = (masked - 0xa282ead8) >>> 0;
    return ((turned >>> 17) | (turned << 15)) >>> 0;
  };
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(unmasked(view.getUint32(at + 8, true))).toBe(crc32c(file.subarray(at, at + 8)));
    const content = file.subarray(at + 12, at + 12 + length);
    expect(unmasked(view.getUint32(at + 12 + length, true))).toBe(crc32c(content));
    events.push(decodeEvent(content));
    at += length + 16;
  }
  return events;
}

type Field = { field: number; number: number; bytes: Uint8Array };

function decodeEvent(content: Uint8Array): Event {
  const event: Event = { time: 0, step: 0, scalars: {} };
  for (const { field, number, bytes } of fields(content)) {
    if (field === 1) event.time = number;
    if (field === 2) event.step = number;
    if (field === 3) event.version = new TextDecoder().decode(bytes);
    for (const value of field === 5 ? fields(bytes) : []) {
      const [tag, scalar] = fields(value.bytes);
      event.scalars[new TextDecoder().decode(tag.bytes)] = scalar.number;
    }
  }
  return event;
}

function fields(content: Uint8Array): Field[] {
  const found: Field[] = [];
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = content[at++];
      value += (byte % 128) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < content.length) {
    const key = varint();
    const field = { field: key >> 3, number: 0, bytes: content.subarray(at, at) };
    if ((key & 7) === 0) field.number = varint();
    else if ((key & 7) === 2) {
      const length = varint();
      field.bytes = content.subarray(at, at + length);
      at += length;
    } else {
      const width = (key & 7) === 1 ? 8 : 4;
      field.number = width === 8 ? view.getFloat64(at, true) : view.getFloat32(at, true);
      at += width;
    }
    found.push(field);
  }
  return found;
}

describe('TensorBoard', () => {
  it('a record, byte by byte', () => {
    // As TensorFlow writes it: length 24, its checksum, wall time 1.5, "brain.Event:2", checksum.
    expect(Buffer.from(versionEvent(1.5)).toString('hex')).toBe(
      '1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c',
    );
    const [event] = decodeEvents(scalarsEvent(2, 300, [{ tag: 'loss/train', value: Number.NaN }]));
    expect(event).toEqual({ time: 2, step: 300, scalars: { 'loss/train': Number.NaN } });
  });

  it('while a run goes: every number of metrics.jsonl, at its step, in the order of time', () => {
    const events = decodeEvents(readFileSync(log('one')));
    const lines = readMetrics(runFiles(join(folder, 'one')).metrics);
    expect(events[0].version).toBe('brain.Event:2');
    expect(events[0].time).toBe(Date.parse(readRun(join(folder, 'one'))!.started) / 1000);
    expect(events).toHaveLength(lines.length + 1);
    lines.forEach((line, i) => {
      const { step, scalars, time } = events[i + 1];
      expect(step).toBe(line.step);
      expect(time).toBeGreaterThanOrEqual(events[i].time);
      if (line.t === 'step') {
        expect(scalars).toEqual({
          'loss/train': Math.fround(line.train.loss),
          'accuracy/train': Math.fround(line.train.accuracy),
          'learning rate': Math.fround(line.lr),
        });
      } else if (line.t === 'epoch') {
        expect(scalars['accuracy/test']).toBe(Math.fround(line.test.accuracy));
      } else {
        expect(Object.keys(scalars).length).toBeGreaterThan(1);
        for (const tag of Object.keys(scalars)) expect(tag).toMatch(/^statistics\//);
      }
    });
  });

  it('of finished runs: the same file; resumed: the same file again', async () => {
    const out = join(folder, 'after');
    const { code, stdout } = await inProcess(['metrics', ...runs(), '--tensorboard', out]);
    expect([code, stdout]).toEqual([0, `2 runs in ${out}    tensorboard --logdir ${out}\n`]);
    for (const name of ['one', 'two']) {
      expect(readFileSync(log(name).replace('live', 'after')).equals(readFileSync(log(name)))).toBe(true);
    }
  });
});

describe('CSV', () => {
  it('has a row for every line, and a column for every number', async () => {
    const { stdout } = await inProcess(['metrics', ...runs()]);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    const columns = head.split(',');
    expect(head).toMatch(
      /^run,t,epoch,step,trainLoss,trainAccuracy,testLoss,testAccuracy,lr,ms,seconds,statistics\.running,/,
    );
    const lines = runs().flatMap((path) => readMetrics(runFiles(path).metrics));
    expect(rows).toHaveLength(lines.length);
    const cell = (row: number, name: string) => rows[row].split(',')[columns.indexOf(name)];
    lines.forEach((line, i) => {
      expect(cell(i, 't')).toBe(line.t);
      expect(cell(i, 'step')).toBe(String(line.step));
      expect(cell(i, 'trainLoss')).toBe(line.t === 'probe' ? '' : String(line.train.loss));
      expect(cell(i, 'testAccuracy')).toBe(line.t === 'epoch' ? String(line.test.accuracy) : '');
    });
    const file = join(folder, 'all.csv');
    await inProcess(['metrics', folder, '--csv', file]);
    expect(readFileSync(file, 'utf8')).toBe(stdout);
  });

  it('quotes what needs it, and leaves out what is not there', () => {
    const line: MetricsLine = {
      t: 'probe',
      probe: 'test',
      step: 4,
      values: { loss: Number.NaN, each: [1, 2] },
    };
    expect(metricsCsv([{ run: 'a,"b"', lines: [line] }])).toBe(
      'run,t,epoch,step,trainLoss,trainAccuracy,testLoss,testAccuracy,lr,ms,seconds,test.loss,test.each.0,test.each.1\n' +
        '"a,""b""",probe,,4,,,,,,,,NaN,1,2\n',
    );
  });

  it('of no run: a usage error', async () => {
    const { code, stderr } = await inProcess(['metrics', join(folder, 'live')]);
    expect([code, stderr.split('\n')[0]]).toEqual([2, `error: no run in ${join(folder, 'live')}`]);
  });
});
