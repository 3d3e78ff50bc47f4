import { findNorm } from '../../../nn/norm/createNorm.ts';
import { ExpressionError } from '../../../teach/expression.ts';
import { judge, type Question, questionFor, type Verdict } from '../../../teach/quiz.ts';
import type { ExerciseState } from './fields.ts';

/** The question, and what `quiz` says of the answer; `unread`: why it is no expression. */
export interface Judged {
  question: Question;
  answer: string;
  verdict: Verdict | null;
  unread: string | null;
}

export function exerciseAnswer({ norm, answer }: ExerciseState): Judged {
  const entry = findNorm(norm);
  const question = questionFor(entry);
  try {
    return { question, answer, verdict: judge(entry, answer), unread: null };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { question, answer, verdict: null, unread: error.message };
  }
}
