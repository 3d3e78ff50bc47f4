import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { type NormEntry, registry } from '../../nn/norm/registry.ts';
import { ExpressionError } from '../../teach/expression.ts';
import { number, small } from '../../teach/numbers.ts';
import { commandName } from '../../teach/origin.ts';
import { hasQuiz, judge, type Question, questionFor } from '../../teach/quiz.ts';
import { typed } from '../../typed.node.ts';
import { normEntry } from '../arguments.ts';
import { EXIT, UsageError } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { type Output, outputOf } from '../output.ts';

interface Options {
  hint?: boolean;
  reveal?: boolean;
}

const examples: Example[] = [
  ['normgrad quiz', "LayerNorm's missing line"],
  ['normgrad quiz batch --hint'],
  ['echo "g / sigma" | normgrad quiz layer', 'an answer from a pipe: exit code 0 if it is right, 1 if not'],
];

/**
 * How long an answer from a pipe may take, and when the question is asked for want of one. Whoever sends an answer along knows
 * the question. Milliseconds.
 */
const patience = 5000;
const silence = 1000;

/** `quiz [norm]`: a backward pass with one line missing; the answer is judged by a gradient check. */
export function register(command: Command): void {
  command
    .argument('[norm]', 'a norm that is one standardization', 'layer')
    .option('--hint', 'all hints, with the question')
    .option('--reveal', 'the answer, with the question')
    .action(run);
  addExamples(command, examples);
}

async function run(named: string, options: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const entry = await normEntry(named);
  const { name } = entry;
  if (!hasQuiz(entry)) {
    const asked = registry.filter(hasQuiz).map((each) => each.name);
    throw new UsageError(`quiz: ${entry.title} is more than one standardization, and has no question yet`, [
      `one of: ${asked.join(', ')}`,
      `its backward, explained: ${typed('explain', [commandName(entry)])}`,
    ]);
  }
  const question = questionFor(entry);
  const { solution, hints, forward, backward } = question;
  const shown = {
    norm: name,
    forward,
    backward,
    names: question.names,
    ...(options.hint ? { hints } : {}),
    ...(options.reveal ? { solution } : {}),
  };
  let asked = false;
  const askOnce = () => {
    if (asked) return;
    asked = true;
    output.event('question', shown);
    output.result(ask(question, output));
    if (options.hint) output.result(`\n${hints.map((hint, i) => `hint ${i + 1}: ${hint}`).join('\n')}`);
  };
  const interactive = process.stdin.isTTY === true;
  if (interactive || options.hint || options.reveal) askOnce();
  if (options.reveal) {
    output.result(`\ndx = ${solution}\nwhy: ${typed('explain', [commandName(entry)])}`);
    return;
  }

  const lines = createInterface({ input: process.stdin, output: interactive ? process.stderr : undefined });
  const timers = interactive ? [] : [setTimeout(askOnce, silence), setTimeout(() => lines.close(), patience)];
  let heard = false;
  lines.setPrompt('dx = ');
  if (interactive) lines.prompt();
  let hinted = 0;
  for await (const line of lines) {
    const answer = line.trim();
    if (answer === '') {
      if (!interactive) continue;
      break;
    }
    heard = true;
    for (const timer of timers) clearTimeout(timer);
    if (answer === 'hint') output.result(hints[Math.min(hinted++, hints.length - 1)]);
    else if (answer === 'reveal') {
      output.result(`dx = ${solution}`);
      break;
    } else {
      if (!asked) output.result(`${output.stdout.bold(question.title)}: dx = ${answer}`);
      if (answered(entry, answer, output) || !interactive) break;
    }
    if (interactive) lines.prompt();
  }
  for (const timer of timers) clearTimeout(timer);
  lines.close();
  if (!heard) askOnce();
  process.stdin.unref?.();
}

/** Judges one answer, and says so. */
function answered(entry: NormEntry, answer: string, output: Output): boolean {
  const { green, red } = output.stdout;
  try {
    const verdict = judge(entry, answer);
    const { right, maxDiff, looksLike, answered, numeric } = verdict;
    output.event('result', { answer, ...verdict });
    const row = (values: readonly number[]) => values.map((value) => number(value).padStart(9)).join('');
    output.result(
      [
        '',
        `your dx           ${row(answered)}`,
        `finite difference ${row(numeric)}`,
        right
          ? `${green('✓ exact')}: max diff ${small(maxDiff)}`
          : `${red('✗ wrong')}: max diff ${small(maxDiff)}${looksLike ? `; ${looksLike}` : ''}`,
        ...(right
          ? []
          : [`hints: ${typed('quiz', [commandName(entry), '--hint'])}      the answer: --reveal`]),
      ].join('\n'),
    );
    process.exitCode = right ? EXIT.ok : EXIT.failed;
    return right;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    output.event('result', { answer, right: false, problem: error.message });
    output.result(`cannot read that: ${error.message}`);
    process.exitCode = EXIT.usage;
    return false;
  }
}

function ask({ title, forward, backward, names }: Question, output: Output): string {
  const { bold } = output.stdout;
  const values = Object.entries(names).map(([name, value]) => {
    const numbers = typeof value === 'number' ? [value] : value;
    const shown =
      name === 'm' || name === 'eps' ? String(value) : numbers.map((v) => number(v).padStart(9)).join('');
    return `   ${name.padEnd(6)} ${shown.startsWith(' ') ? shown : `  ${shown}`}`;
  });
  return [
    `${bold(title)}: one line of the backward pass is missing. One index set, m = ${names.m}.`,
    '',
    bold('forward'),
    ...forward.map((line) => `   ${line}`),
    bold('backward, from dy = dL/dy'),
    ...backward.map((line) => `   ${line}`),
    bold('numbers'),
    ...values,
    '',
    'Write dx with these names, + - * / **, mean() and sum(). Or: hint, reveal.',
  ].join('\n');
}
