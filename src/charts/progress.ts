import { type TerminalColors, terminalColors } from './terminalColors.ts';
import { displayWidth, singleLine, truncate } from './text.ts';

/** Named numbers, shown in the order of their keys; those that begin with `val` come after a wider gap. */
type Metrics = Readonly<Record<string, number>>;

/** The progress of one epoch, as Keras shows it. */
export interface Progress {
  /** `step` steps of the epoch are done; a part of a step moves the bar, and is not counted. */
  update(step: number, metrics?: Metrics): void;
  /** The epoch is over: writes its final line, which stays. */
  done(metrics?: Metrics): void;
  /** The epoch ends early: leaves the line as it is and goes to the next. */
  stop(): void;
  /** Writes a message on a line of its own, above the progress. */
  log(message: string): void;
}

/** What of a stream is used; process.stderr is one. */
interface ProgressStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export interface ProgressOptions {
  /** `Epoch 1/3` */
  label: string;
  /** Steps of the epoch. */
  total: number;
  /** What a step is called in `12ms/step`, the default. */
  unit?: string;
  /** Steps done before, if a run is resumed within the epoch; they do not count for the speed. */
  startStep?: number;
  /** Default process.stderr: stdout is for results. */
  stream?: ProgressStream;
  env?: NodeJS.ProcessEnv;
  colors?: TerminalColors;
  /** Milliseconds, from any origin. */
  now?: () => number;
}

const REDRAW_MS = 100;
const WIDEST_BAR = 20;
const NARROWEST_BAR = 6;
const CLEAR_TO_END = '\x1b[K';

/**
 * Shows one line and rewrites it in place; where that is not possible (no terminal, or a CI job's log), writes one
 * line when the epoch is done. The line is never wider than the terminal.
 */
export function createProgress(options: ProgressOptions): Progress {
  const { label, total, unit = 'step', startStep = 0, stream = process.stderr, env = process.env } = options;
  const { colors = terminalColors({ stream, env }), now = () => performance.now() } = options;
  const inPlace = isInteractive(stream, env);
  const start = now();
  let lastDrawn = Number.NEGATIVE_INFINITY;
  let step = startStep;
  let metrics: Metrics = {};
  let open = false;

  const line = (finished: boolean) => {
    const state = {
      label,
      total,
      unit,
      step,
      metrics,
      finished,
      elapsed: now() - start,
      stepsTimed: step - startStep,
    };
    // A character in the last column would make some terminals wrap.
    return progressLine(state, (inPlace ? (stream.columns ?? 80) : 200) - 1, colors);
  };
  const draw = () => {
    stream.write(`\r${line(false)}${CLEAR_TO_END}`);
    lastDrawn = now();
    open = true;
  };

  return {
    update(newStep, newMetrics = metrics) {
      step = newStep;
      metrics = newMetrics;
      if (inPlace && now() - lastDrawn >= REDRAW_MS) draw();
    },
    done(newMetrics = metrics) {
      metrics = newMetrics;
      step = total;
      stream.write(inPlace ? `\r${line(true)}${CLEAR_TO_END}\n` : `${line(true)}\n`);
      open = false;
    },
    stop() {
      if (!inPlace) stream.write(`${line(false)}\n`);
      else if (open) stream.write(`\r${line(false)}${CLEAR_TO_END}\n`);
      open = false;
    },
    log(message) {
      stream.write(open ? `\r${CLEAR_TO_END}${message}\n` : `${message}\n`);
      if (open) draw();
    },
  };
}

/** Whether a line on this stream can be rewritten in place: a terminal that is not the log of a CI job. */
export function isInteractive(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  const isCi = env.CI !== undefined && !['', '0', 'false'].includes(env.CI);
  return stream.isTTY === true && !isCi && env.TERM !== 'dumb';
}

interface State {
  label: string;
  total: number;
  unit: string;
  step: number;
  metrics: Metrics;
  finished: boolean;
  /** Milliseconds, for `stepsTimed` steps. */
  elapsed: number;
  stepsTimed: number;
}

/** `Epoch 1/3  938/938 ━━━━━━━━  9.8s  10.4ms/step  loss 0.2413 acc 0.9281  val_loss 0.1120`, in at most `width` columns. */
function progressLine(state: State, width: number, colors: TerminalColors): string {
  const { total, step, elapsed, stepsTimed, finished } = state;
  const head = `${singleLine(state.label)}  ${String(Math.floor(step)).padStart(String(total).length)}/${total}`;
  const perStep = stepsTimed > 0 ? elapsed / stepsTimed : 0;
  const time = finished
    ? duration(elapsed)
    : stepsTimed > 0
      ? `${duration(Math.ceil((perStep * (total - step)) / 1000) * 1000)} left`
      : '';
  const speed = stepsTimed > 0 ? `${stepTime(perStep)}/${state.unit}` : '';
  const values = metricsText(state.metrics);

  // What matters least goes first when the terminal is narrow: the speed, the bar, the time, at last the metrics' end.
  const tails = [[time, speed, values], [time, values], [values]].map((parts) =>
    parts.filter(Boolean).join('  '),
  );
  for (const tail of tails) {
    const room = width - displayWidth(head) - displayWidth(tail) - 3;
    if (room < NARROWEST_BAR) continue;
    const bar = progressBar(step / Math.max(1, total), Math.min(room, WIDEST_BAR), colors);
    return `${head} ${bar}  ${tail}`.trimEnd();
  }
  const bare = tails.map((tail) => `${head}  ${tail}`.trimEnd());
  return bare.find((line) => displayWidth(line) <= width) ?? truncate(bare[2], width);
}

/** The part that is done is a thick line, the rest a thin one: they differ without colour, too. */
function progressBar(share: number, width: number, colors: TerminalColors): string {
  const halves = Math.round(Math.min(Math.max(share, 0), 1) * width * 2);
  const done = '━'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '╸' : '');
  return colors.green(done) + colors.dim('─'.repeat(width - done.length));
}

function metricsText(metrics: Metrics): string {
  const text = (keep: (key: string) => boolean) =>
    Object.entries(metrics)
      .filter(([key]) => keep(key))
      .map(([key, value]) => `${singleLine(key)} ${formatMetric(value)}`)
      .join(' ');
  const isValidation = (key: string) => key.startsWith('val');
  return [text((key) => !isValidation(key)), text(isValidation)].filter(Boolean).join('  ');
}

/** Four decimals, or an exponent for what is too small or too large for them. */
export function formatMetric(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return String(value);
  return size < 1e-3 || size >= 1e5 ? value.toExponential(2) : value.toFixed(4);
}

function stepTime(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)}s`;
  return `${ms.toFixed(ms >= 100 ? 0 : ms >= 1 ? 1 : 2)}ms`;
}

/** 0.8s, 9.8s, 42s, 3m05s, 2h03m */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))}s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}
