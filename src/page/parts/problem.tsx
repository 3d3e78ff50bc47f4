import type { ComponentChildren } from 'preact';

/** What went wrong, in words, where it is to be seen. */
export function Problem({ children }: { children: ComponentChildren }) {
  return (
    <p class="problem" role="alert">
      <span aria-hidden="true">✗ </span>
      {children}
    </p>
  );
}
