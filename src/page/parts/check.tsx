import type { ComponentChildren } from 'preact';

/** What was checked, whether it holds, and by how much. */
export function Check({ holds, children }: { holds: boolean; children: ComponentChildren }) {
  return (
    <li class={holds ? 'holds' : 'fails'}>
      <span role="img" aria-label={holds ? 'holds:' : 'does not hold:'}>
        {holds ? '✓' : '✗'}
      </span>{' '}
      {children}
    </li>
  );
}
