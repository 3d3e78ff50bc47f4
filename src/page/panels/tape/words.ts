import type { TapeNode } from '../../../teach/tape.ts';

/** Names of the norm's file as they are read: mu, xHat. */
export function readable(text: string): string {
  const signs = { mu: 'μ', sigma: 'σ', xHat: 'x̂', eps: 'ε', gamma: 'γ', beta: 'β' };
  return text
    .replace(/\b(d?)(mu|sigma|xHat|eps|gamma|beta)\b/g, (_, d, name: keyof typeof signs) => d + signs[name])
    .replaceAll('^2', '²')
    .replace(/^\.\.\.$/, 'given, a constant');
}

/** What a node is called inside a formula. */
export function short({ label }: TapeNode): string {
  return label.replace(/, for .*/, '');
}

const whole = (node: TapeNode) => (/ [^²]*$/.test(short(node)) ? `(${short(node)})` : short(node));
const gradientOf = (node: TapeNode) => `d${whole(node)}`;

/** How it was computed: `(x − μ) / σ`. */
export function formulaOf(node: TapeNode, nodes: readonly TapeNode[]): string {
  const [a, b] = node.inputs.map((input) => whole(nodes[input]));
  const written: Record<string, string> = {
    ...{ add: `${a} + ${b}`, sub: `${a} − ${b}`, mul: `${a} ${b}`, div: `${a} / ${b}` },
    ...{ mean: `mean ${a}`, sum: `Σ ${a}`, square: `${a}²`, sqrt: `√${a}` },
    affine: node.name === 'v' ? `${a} / (m − 1)` : `${a} + ε`,
  };
  return written[node.op ?? ''] ?? short(node);
}

/** What it hands to one of its inputs: `−dx̂ x̂ / σ`. */
export function handedOn(node: TapeNode, slot: number, nodes: readonly TapeNode[]): string {
  const d = gradientOf(node);
  const [a, b] = node.inputs.map((input) => whole(nodes[input]));
  const written: Record<string, readonly string[]> = {
    ...{
      add: [d, d],
      sub: [d, `−${d}`],
      mul: [`${d} ${b}`, `${d} ${a}`],
      div: [`${d} / ${b}`, `−${d} ${whole(node)} / ${b}`],
    },
    ...{ mean: [`${d} / m`], sum: [d], square: [`2 ${a} ${d}`], sqrt: [`${d} / (2 ${whole(node)})`] },
    affine: [node.name === 'v' ? `${d} / (m − 1)` : d],
  };
  const shares = nodes[node.inputs[slot]].data.length < node.data.length ? 'Σ ' : '';
  return shares + (written[node.op ?? '']?.[slot] ?? d);
}

/** Two decimals, of the first four numbers: as many as a node has room for. */
export function few(values: readonly number[]): string {
  const text = values
    .slice(0, 4)
    .map((value) => value.toFixed(2).replace(/^-(0\.0+)$/, '$1'))
    .join('  ');
  return values.length > 4 ? `${text} …` : text;
}
