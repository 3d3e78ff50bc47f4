import { duelAnswer } from '../panels/duel/answer.ts';
import { evaluationAnswer } from '../panels/evaluation/answer.ts';
import { exerciseAnswer } from '../panels/exercise/answer.ts';
import { pathsAnswer } from '../panels/paths/answer.ts';
import { keptAnswer, projectionAnswer } from '../panels/projection/answer.ts';
import { setsAnswer } from '../panels/sets/answer.ts';
import { tapeAnswer } from '../panels/tape/answer.ts';

/**
 * What the page can ask the engine: a function for each question, run in the worker, from a panel's state to what it shows. One that
 * goes on, a training, is an async generator, and each value that it yields replaces the one before.
 */
export const questions = {
  sets: setsAnswer,
  paths: pathsAnswer,
  projection: projectionAnswer,
  kept: keptAnswer,
  tape: tapeAnswer,
  duel: duelAnswer,
  evaluation: evaluationAnswer,
  exercise: exerciseAnswer,
};

export type QuestionName = keyof typeof questions;
type Result<F> = F extends (...args: never[]) => infer R ? R : never;

/** The state that a question is asked with, and what comes back. Plain data: both cross to the worker and back. */
export type StateOf<Name extends QuestionName> = Parameters<(typeof questions)[Name]>[0];
export type AnswerTo<Name extends QuestionName> =
  Result<(typeof questions)[Name]> extends AsyncGenerator<infer Value>
    ? Value
    : Awaited<Result<(typeof questions)[Name]>>;

/** To the worker. `slot`: where the answer is shown; a later question of a slot replaces the earlier one. */
export interface Asked {
  slot: number;
  id: number;
  name: QuestionName;
  state: unknown;
}

/** From the worker: an answer, or why there is none; `last`: nothing more comes for this id. */
export type Answered = { slot: number; id: number; last: boolean } & (
  | { answer: unknown }
  | { error: string }
  | { ended: true }
);
