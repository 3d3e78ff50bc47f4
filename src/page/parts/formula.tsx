import { pointed } from './highlight.ts';

/**
 * A formula, typeset while the page was built: MathML, which browsers draw and read aloud. It comes from our own files
 * (scripts/page.ts), never from what somebody typed.
 */
export function Formula({ mathml }: { mathml: string }) {
  const point = (event: Event) => {
    const name = (event.target as Element)
      .closest('[class*="n-"]')
      ?.getAttribute('class')
      ?.match(/n-(\w+)/)?.[1];
    pointed.value = name ?? null;
  };
  return (
    <div
      class="formula"
      onPointerOver={point}
      onPointerLeave={() => (pointed.value = null)}
      dangerouslySetInnerHTML={{ __html: mathml }}
    />
  );
}
