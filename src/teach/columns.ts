import type { Explanation } from './explanation.ts';

/** Which elements of x have a column. */
export interface Columns {
  /** Flat indices, set by set. */
  elements: { at: number; set: number }[];
  /** Sets that are shown in full or in part. */
  sets: number;
  /** Elements without a column. */
  hidden: number;
}

/** As many whole sets as there is room for; of a set that is too long, its beginning. */
export function columnsFor(e: Explanation, room: number): Columns {
  const sets = e.standardization?.sets.map(({ members }) => members) ?? [e.x.map((_, i) => i)];
  const whole = Math.max(1, Math.floor(room / sets[0].length));
  const shown = sets.slice(0, whole).map((members) => members.slice(0, room));
  const elements = shown.flatMap((members, set) => members.map((at) => ({ at, set })));
  return { elements, sets: shown.length, hidden: e.x.length - elements.length };
}
