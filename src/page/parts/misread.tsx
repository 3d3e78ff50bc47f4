import type { ReadonlySignal } from '@preact/signals';
import type { Misread } from '../address/address.ts';
import { Problem } from './problem.tsx';

/** What the address got wrong; everything else of it holds. */
export function MisreadAddress({ misread }: { misread: ReadonlySignal<Misread[]> }) {
  if (misread.value.length === 0) return null;
  const said = misread.value.map(({ name, text, why }) => `${name}=${text} ${why}`);
  return <Problem>The address says {said.join('; ')}. The initial value is shown instead.</Problem>;
}
