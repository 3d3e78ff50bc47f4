import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../makeFolder.node.ts';
import type { MetricsLine, Score } from '../../train/metrics.ts';
import { readMetrics } from '../../train/metrics.ts';
import { guarded } from '../files.ts';
import { readRun, runFiles } from '../record.ts';
import { type Scalar, scalarsEvent, versionEvent } from './events.ts';

/** A run's event file, which TensorBoard reads while it grows. */
export interface EventFile {
  readonly file: string;
  append(line: MetricsLine): void;
  close(): void;
}

/**
 * Begins the event file of the run in `path`, in a folder of its own, with the lines that its metrics.jsonl has so far. There is one
 * name for it, so that a run that is resumed, or written again after its end, is not there twice.
 */
export function openEventFile(folder: string, path: string): EventFile {
  const file = join(folder, 'events.out.tfevents.0000000000.normgrad');
  const written = <T>(fn: () => T) => guarded(file, fn, '', '--tensorboard DIR');
  const begun = Date.parse(readRun(path)?.started ?? '') / 1000 || 0;
  const time = clock(begun);
  const descriptor = written(() => {
    makeFolder(folder);
    return openSync(file, 'w');
  });
  const write = (event: Uint8Array) => written(() => writeFileSync(descriptor, event));
  const append = (line: MetricsLine) => write(scalarsEvent(time(line), line.step, scalarsOf(line)));
  write(versionEvent(begun));
  for (const line of readMetrics(runFiles(path).metrics)) append(line);
  return { file, append, close: () => closeSync(descriptor) };
}

/**
 * When a line was written, in seconds since 1970, as if the run had never been stopped: from its beginning and what its steps took. So
 * the file is the same whether it grew with the run or was written after it.
 */
function clock(begun: number): (line: MetricsLine) => number {
  let epochs = 0;
  let inEpoch = 0;
  let last = 0;
  return (line) => {
    if (line.t === 'step') {
      inEpoch += (line.ms / 1000) * (line.step - last);
      last = line.step;
    } else if (line.t === 'epoch') {
      epochs += line.seconds;
      inEpoch = 0;
      last = line.step;
    }
    return begun + epochs + inEpoch;
  };
}

/** The numbers of a line under the names that TensorBoard groups them by. */
function scalarsOf(line: MetricsLine): Scalar[] {
  const score = (name: string, { loss, accuracy }: Score) => [
    { tag: `loss/${name}`, value: loss },
    { tag: `accuracy/${name}`, value: accuracy },
  ];
  switch (line.t) {
    case 'step':
      return [...score('train', line.train), { tag: 'learning rate', value: line.lr }];
    case 'epoch':
      return [...score('train of the epoch', line.train), ...score('test', line.test)];
    case 'probe':
      return Object.entries(line.values).flatMap(([name, value]) =>
        [value].flat().map((each, i) => ({
          tag: `${line.probe}/${name}${Array.isArray(value) ? `/${i}` : ''}`,
          value: each,
        })),
      );
  }
}
