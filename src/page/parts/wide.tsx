import type { ComponentChildren } from 'preact';

/** What may be wider than a phone: it scrolls by itself, by keys too, and the page does not. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has only keys scrolls what has the focus
    <section class="wide" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
