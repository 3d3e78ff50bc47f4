import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import { useEngine } from '../../engine/client.ts';
import { Problem } from '../../parts/problem.tsx';
import type { SideView } from './view.ts';

const mostBytes = 50_000_000;

/** A trace of one's own run, chosen or dropped here: it is drawn in place of the side. */
export function TraceFile({ letter, file }: { letter: string; file: Signal<SideView | null> }) {
  const text = useSignal<string | null>(null);
  const problem = useSignal<string | null>(null);
  const reply = useEngine('trace', () => (text.value === null ? null : { text: text.value }));
  return null;
}
