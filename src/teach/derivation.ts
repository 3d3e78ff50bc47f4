import type { RuleTrace } from '../nn/norm/core/trace.ts';
import { fileOf } from './origin.ts';
import { type Subject, traceOf } from './subject.ts';

/** The formulas of a norm's file, as they ran: what is printed is what was computed. */
export interface Derivation {
  /** The file that they stand in. */
  file: string;
  /** One step a line: `sigma = sqrt(v + eps)`. */
  forward: string[];
  /** `dx = g / sigma` and the other paths below it, then the parameters. */
  backward: string[];
}

/** Every step that the layer names on its way forward and backward. */
export function derivationOf(subject: Subject, rules = traceOf(subject)): Derivation {
  // Two norms in a row: each under its name, in the order in which they ran
  const named = (ran: readonly RuleTrace[], of: (rule: RuleTrace) => string[]) =>
    ran.flatMap((rule) => [...(rules.length > 1 ? [`${rule.rule}:`] : []), ...of(rule)]);
  return {
    file: fileOf(subject.entry),
    forward: named(rules, forwardLines),
    backward: named([...rules].reverse(), backwardLines),
  };
}

/** The steps up to y. */
function forwardLines({ formulas }: RuleTrace): string[] {
  const lines: string[] = [];
  for (const [name, formula] of formulas) {
    lines.push(name === formula ? '' : `${name} = ${formula}`);
    if (name === 'y') break;
  }
  return lines.filter(Boolean);
}

/** The steps behind y: dx with a line for each of its paths, and the parameters, whose gradients are sums. */
function backwardLines({ formulas, steps }: RuleTrace): string[] {
  const after = [...formulas.keys()].slice([...formulas.keys()].indexOf('y') + 1);
  const own = after.filter((name) => steps.has(name)).map((name) => `${name} = ${formulas.get(name)}`);
  const paths = after.filter((name) => name.startsWith('dx, '));
  const dx = paths.map((name, i) => {
    const formula = formulas.get(name)!;
    const signed = formula.startsWith('-') ? `- ${formula.slice(1)}` : `+ ${formula}`;
    const path = name.slice('dx, '.length);
    return {
      text: i === 0 ? `dx = ${formula}` : `   ${signed}`,
      says: path === 'direct' ? path : `through ${path}`,
    };
  });
  const width = Math.max(...dx.map(({ text }) => text.length));
  const parameters = after
    .filter((name) => !steps.has(name) && !name.startsWith('dx, '))
    .map((name) => {
      const formula = formulas.get(name)!;
      const sum = /^[^()]* [-+] /.test(formula) ? `(${formula})` : formula;
      return `${name} = sum of ${sum}, over everything that shares it`;
    });
  return [...own, ...dx.map(({ text, says }) => `${text.padEnd(width)}   ${says}`), ...parameters];
}
