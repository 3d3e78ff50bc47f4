import { createProgress, duration, formatMetric, type Progress } from '../../charts/progress.ts';
import type { SweepEvent, SweepOptions } from '../../runs/sweep/run.ts';
import type { PlannedRun } from '../../runs/sweep/sweep.ts';
import { type TrainResult, whereDiverged } from '../../train/result.ts';
import { catchInterrupt } from '../interrupt.ts';
import type { Output } from '../output.ts';

interface RunsProgress {
  /** Of the sweep: Ctrl-C stops it, and what happens is told. */
  hooks: Pick<SweepOptions, 'argv' | 'signal' | 'onEvent'>;
  /** 130 or 143 once it was stopped. */
  exitCode(): number | undefined;
  /** No more runs come. */
  close(): void;
  /** The same, and Ctrl-C ends the process at once again. */
  release(): void;
}

/**
 * Tells of many runs while they are trained: for people a line for each that ends, and at the bottom of a terminal how far
 * all of them are; for programs an event for each that begins or ends. `nameOf` makes a run's name of its labels; `stopping` is
 * said at Ctrl-C.
 */
export function createRunsProgress(
  runs: readonly PlannedRun<unknown>[],
  nameOf: (labels: PlannedRun['labels']) => string,
  stopping: string,
  output: Output,
): RunsProgress {
  const total = runs.length;
  const labels = new Map(runs.map((run) => [run.id, run.labels]));
  const names = new Map(runs.map((run) => [run.id, nameOf(run.labels)]));
  const width = [...names.values()].reduce((most, name) => Math.max(most, name.length), 0);
  const { red, yellow } = output.stderr;
  /** Of the runs that are being trained, which part is done. */
  const parts = new Map<string, number>();
  let ended = 0;
  let before = 0;
  let bar: Progress | undefined;

  const say = (text: string) => {
    if (bar && output.talks) bar.log(text);
    else output.note(text);
  };
  const draw = () => {
    const begun = [...parts.values()].reduce((sum, part) => sum + part, 0);
    if (output.talks) bar?.update(ended + begun);
  };
  const emit = (type: string, id: string, content: object) =>
    output.event(type, { id, labels: labels.get(id), ...content });
  const end = (id: string, outcome: string) => {
    parts.delete(id);
    ended++;
    const count = `${String(ended).padStart(String(total).length)}/${total}`;
    say(`${count}  ${names.get(id)!.padEnd(width)}  ${outcome}`);
    draw();
  };

  const warned = new Set<string>();
  function onEvent(event: SweepEvent): void {
    if (event.type === 'warning') {
      if (warned.has(event.message)) return; // every worker says it, for each of its runs
      warned.add(event.message);
      if (bar && output.talks) bar.log(`${yellow('warning:')} ${event.message}`);
      else output.warn(event.message);
      return;
    }
    const { type, id } = event;
    const name = names.get(id)!;
    if (type === 'reused') {
      ended++;
      before++;
      emit('run', id, { reused: true, result: event.result });
    }
    if (type === 'start') {
      if (bar === undefined) begin();
      parts.set(id, 0);
      emit('run-start', id, { steps: event.steps });
      if (event.startsOver) say(`${name}  starting over: ${event.startsOver}`);
      if (event.steps > 0) say(`${name}  continuing after step ${event.steps}`);
    }
    if (type === 'step') {
      parts.set(id, event.step / event.steps);
      draw();
    }
    if (type === 'crash') {
      parts.delete(id);
      emit(type, id, { message: event.message });
      say(`${name}  its process died, trying again: ${event.message}`);
    }
    if (type === 'failed') {
      emit(type, id, { message: event.message });
      end(id, `${red('failed')}: ${event.message}`);
    }
    if (type === 'end') {
      emit('run', id, { reused: false, result: event.result });
      end(id, outcomeOf(event.result, red));
    }
  }

  function begin(): void {
    if (before > 0) output.note(`${before} of ${total} were finished before`);
    const options = { label: 'runs', total, unit: 'run', startStep: ended, colors: output.stderr };
    bar = createProgress(options);
  }

  function close(): void {
    if (bar === undefined || !output.talks) return;
    if (ended === total) bar.done();
    else bar.stop();
    bar = undefined;
  }

  const interrupt = catchInterrupt(() => say(stopping));
  return {
    hooks: { argv: process.argv.slice(2), signal: interrupt.signal, onEvent },
    exitCode: interrupt.exitCode,
    close,
    release() {
      close();
      interrupt.release();
    },
  };
}

/** `loss 0.21  val_acc 0.94  3.1 s`; `red` paints what went wrong. */
export function outcomeOf(result: TrainResult, red: (text: string) => string): string {
  const { diverged, guessing, train, test, seconds } = result;
  const time = duration(1000 * seconds);
  if (diverged) return `${red('diverged')}: ${whereDiverged(diverged)}  ${time}`;
  const scores = `loss ${formatMetric(train!.loss)}  val_acc ${formatMetric(test!.accuracy)}  ${time}`;
  return guessing === undefined ? scores : `${scores}  ${red('guesses')}`;
}
