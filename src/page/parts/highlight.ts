import { signal } from '@preact/signals';

/**
 * One number stands in the formula, in the table and in the picture: who points at one of them sees all of them. `pointed` is its
 * name; the page's root carries it, and page.css does the rest. Formulas carry it as `\named{mu}{…}` (formulas.tex).
 */
export const pointed = signal<string | null>(null);

/** The attributes of an element that shows the number of that name. */
export function named(name: string | undefined) {
  if (name === undefined) return {};
  return {
    class: `named n-${name}`,
    onPointerEnter: () => {
      pointed.value = name;
    },
    onPointerLeave: () => {
      pointed.value = null;
    },
  };
}
