import { dirname } from 'node:path';
import { ConfigError, grouped } from '../../errors.ts';
import { toJson } from '../../json.ts';
import { makeFolder } from '../../makeFolder.node.ts';
import { Tracer } from '../../train/trace/tracer.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { guarded } from '../files.ts';
import type { RunStart } from '../training.ts';

/** The file that the interactive page opens (train/trace/format.ts). It is there from the first step on, with the tape once that is. */
export interface TraceFile {
  readonly tracer: Tracer;
  /** Writes what there is. */
  save(): void;
}

/** Begins the trace of a run. `tapeStep`: the step whose operations are kept; default: the first one that is taken. */
export function openTraceFile(file: string, start: RunStart, tapeStep?: number): TraceFile {
  const { steps: done, allSteps } = start;
  if (tapeStep !== undefined && (tapeStep <= done || tapeStep > allSteps)) {
    throw new ConfigError(
      undefined,
      `--trace-step ${tapeStep}: the steps still to come are ${grouped(done + 1)} to ${grouped(allSteps)}`,
    );
  }
  const save = () =>
    guarded(file, () => writeWholeFile(file, `${toJson(tracer.trace)}\n`), '', '--trace FILE');
  const tracer = new Tracer({ ...start, done, steps: allSteps }, { tapeStep, onTape: save });
  // A place that cannot be written is found out before the training, and not after it.
  guarded(file, () => makeFolder(dirname(file)), '', '--trace FILE');
  save();
  return { tracer, save };
}
