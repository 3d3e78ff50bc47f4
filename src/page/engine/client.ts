import {
  type ReadonlySignal,
  type Signal,
  signal,
  useComputed,
  useSignal,
  useSignalEffect,
} from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Answered, AnswerTo, Asked, QuestionName, StateOf } from './questions.ts';

/** Set where the worker could not be started, and so nothing can be computed. */
export const engineFailure = signal<string | null>(null);

/** What is shown of a question: the last answer, kept while the next one is on its way; an error instead, in the engine's words. */
export interface Reply<Answer> {
  answer: Answer | null;
  error: string | null;
  /** Nothing more is on its way. */
  settled: boolean;
}

/** How many questions are being computed, streams to their end, or wait for it: 0 when what the page shows belongs together. */
export const unanswered = signal(0);

const listeners = new Map<number, (answered: Answered) => void>();
let slots = 0;
let started: Worker | undefined;

function worker(): Worker {
  if (started) return started;
  started = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'normgrad' });
  started.addEventListener('message', ({ data }: MessageEvent<Answered>) => listeners.get(data.slot)?.(data));
  started.addEventListener('error', (event) => {
    engineFailure.value = event.message || 'the browser did not start the worker that computes';
  });
  return started;
}

/** Starts the engine before it is needed. */
export function startEngine(): void {
  worker();
}

/**
 * Asks the engine whenever the signals that `state` reads change. While it computes, one question waits at most, the newest. null:
 * nothing to ask, and what goes on is stopped.
 */
export function useEngine<Name extends QuestionName>(
  name: Name,
  state: () => StateOf<Name> | null,
): ReadonlySignal<Reply<AnswerTo<Name>>> {
  const reply = useSignal<Reply<AnswerTo<Name>>>({ answer: null, error: null, settled: false });
  const slot = useMemo(() => new Slot(name, reply), []);
  const asked = useComputed(state);
  useSignalEffect(() => slot.ask(asked.value));
  useEffect(() => () => slot.close(), []);
  return reply;
}

class Slot<Answer> {
  readonly #slot = ++slots;
  readonly #name: QuestionName;
  readonly #reply: Signal<Reply<Answer>>;
  #id = 0;
  /** The question that is being answered has had no answer yet. */
  #waiting = false;
  /** It has not had its last one. */
  #busy = false;
  #next: { state: unknown } | null = null;

  constructor(name: QuestionName, reply: Signal<Reply<Answer>>) {
    this.#name = name;
    this.#reply = reply;
    listeners.set(this.#slot, (answered) => this.#hear(answered));
  }

  ask(state: unknown): void {
    if (state === null) {
      this.#stop();
      return;
    }
    this.#next = { state };
    if (!this.#waiting) this.#send();
  }

  close(): void {
    this.#stop();
    listeners.delete(this.#slot);
  }

  #stop(): void {
    this.#next = null;
    this.#id++;
    this.#waiting = false;
    this.#setBusy(false);
    worker().postMessage({ slot: this.#slot, stop: true });
  }

  #setBusy(busy: boolean): void {
    if (busy !== this.#busy) unanswered.value = unanswered.peek() + (busy ? 1 : -1);
    this.#busy = busy;
  }

  #send(): void {
    const { state } = this.#next!;
    this.#next = null;
    this.#waiting = true;
    this.#setBusy(true);
    worker().postMessage({ slot: this.#slot, id: ++this.#id, name: this.#name, state } satisfies Asked);
    this.#reply.value = { ...this.#reply.peek(), settled: false };
  }

  #hear(answered: Answered): void {
    if (answered.id !== this.#id) return;
    this.#waiting = false;
    const settled = answered.last && this.#next === null;
    if (settled) this.#setBusy(false);
    if ('error' in answered) this.#reply.value = { answer: null, error: answered.error, settled };
    else if ('answer' in answered)
      this.#reply.value = { answer: answered.answer as Answer, error: null, settled };
    else this.#reply.value = { ...this.#reply.peek(), settled };
    if (this.#next) this.#send();
  }
}
