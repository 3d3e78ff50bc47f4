import type { Command, Help } from 'commander';
import { displayWidth, wrapLines, wrapWords } from '../charts/text.ts';
import { typed } from '../typed.node.ts';
import { columns } from './output.ts';

/** A line of an example, with the program called normgrad, and what it is for. */
export type Example = readonly [line: string, about?: string];

/** What stands beside a flag needs so many columns; where there are fewer, it stands below it. */
const ENOUGH = 36;
const TOGETHER = '\u00a0';

/** Examples and a last paragraph below the help of a command, as wide as the terminal. */
export function addExamples(command: Command, examples: readonly Example[], last = ''): Command {
  return command.addHelpText('after', () => {
    const paragraph = last === '' ? '' : `\n\n${wrapLines(last, helpWidth())}`;
    return `\n${examplesText(examples)}${paragraph}`;
  });
}

export function examplesText(examples: readonly Example[]): string {
  return ['Examples:', ...exampleLines(examples)].join('\n');
}

/** What an example is for stands beside it, or below where there is no room for that. */
export function exampleLines(examples: readonly Example[]): string[] {
  const width = helpWidth();
  const lines = examples.map(([line, about = '']): Example => [asTyped(line), about]);
  const start = Math.max(...lines.map(([line, about]) => (about === '' ? 0 : displayWidth(line)))) + 6;
  const isWide = lines.every(
    ([line, about = '']) => Math.max(2 + displayWidth(line), start + displayWidth(about)) <= width,
  );
  return lines.flatMap(([line, about = '']) =>
    isWide
      ? [`  ${line.padEnd(about === '' ? 0 : start - 2)}${about}`]
      : [...commandLines(line, width), ...wrapWords(about, width - 6).map((each) => `      ${each}`)],
  );
}

/** How commander lays out the help of every command. */
export const helpFormat: Partial<Help> = {
  showGlobalOptions: true,
  minWidthToWrap: 20,
  commandUsage(command) {
    const names: string[] = [];
    for (let each: Command | null = command; each?.parent; each = each.parent) names.unshift(each.name());
    return wrapLines(typed([...names, command.usage()].join(' ')), helpWidth() - 'Usage: '.length, 4);
  },
  formatItem(term, termWidth, description) {
    const room = helpWidth() - termWidth - 4;
    const lines = wrapWords(description, room >= ENOUGH ? room : helpWidth() - 6);
    if (room < ENOUGH) return [`  ${term}`, ...lines.map((line) => `      ${line}`)].join('\n');
    const [first = '', ...others] = lines;
    const next = others.map((line) => ' '.repeat(termWidth + 4) + line);
    return [`  ${term}${' '.repeat(termWidth - displayWidth(term))}  ${first}`.trimEnd(), ...next].join('\n');
  },
};

export function helpWidth(): number {
  return columns(process.stdout);
}

/** A line with a command in it, which is called normgrad there. */
export function asTyped(line: string): string {
  return line.replace(/\bnormgrad (.*)$/, (_, command: string) => typed(command));
}

/** A command in as many lines as it takes, which a shell reads as one. */
function commandLines(line: string, width: number): string[] {
  // A flag and its value stay together.
  const lines = wrapWords(line.replace(/(--[\w-]+) (?=[^-])/g, `$1${TOGETHER}`), width - 6);
  return lines.map(
    (each, i) =>
      `${i === 0 ? '  ' : '    '}${each.replaceAll(TOGETHER, ' ')}${i < lines.length - 1 ? ' \\' : ''}`,
  );
}
