import { pointed } from './highlight.ts';

/**
 * A formula, typeset while the page was built: MathML, which browsers draw and read aloud. It comes from our own files
 * (scripts/page.ts), never from what somebody typed. Where it is wider than a phone it scrolls by itself.
 */
export function Formula({ mathml, label = 'Formula' }: { mathml: string; label?: string }) {
  const point = (event: Event) => {
    const name = (event.target as Element)
      .closest('[class*="n-"]')
      ?.getAttribute('class')
      ?.match(/n-(\w+)/)?.[1];
    pointed.value = name ?? null;
  };
  return (
    <section
      class="formula"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has only keys scrolls what has the focus
      tabIndex={0}
      onPointerOver={point}
      onPointerLeave={() => {
        pointed.value = null;
      }}
      dangerouslySetInnerHTML={{ __html: mathml }}
    />
  );
}
