/** Building SVG as text, without a DOM. */

export type Attributes = Record<string, string | number>;

/** `<name …>children</name>`. Attribute values are escaped; children are markup: text among them goes through `escapeXml`. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => {
    const text = typeof value === 'number' ? coordinate(value) : escapeXml(value);
    return ` ${key}="${text}"`;
  });
  const content = children.join('');
  return content === ''
    ? `<${name}${written.join('')}/>`
    : `<${name}${written.join('')}>${content}</${name}>`;
}

/** Two decimals: a hundredth of a pixel is finer than any printer, and files stay small and comparable. */
export function coordinate(value: number): string {
  // The sum turns -0 into 0.
  return String(Math.round(value * 100) / 100 + 0);
}

/** Text for content and attributes. Characters that XML 1.0 forbids, even escaped, become U+FFFD. */
export function escapeXml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => entities[character]);
}
