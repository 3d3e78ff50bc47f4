import type { FunctionComponent } from 'preact';
import type { Fields } from '../address/fields.ts';
import { duelFields } from './duel/fields.ts';
import { DuelPanel } from './duel/panel.tsx';
import { evaluationFields } from './evaluation/fields.ts';
import { EvaluationPanel } from './evaluation/panel.tsx';
import { exerciseFields } from './exercise/fields.ts';
import { ExercisePanel } from './exercise/panel.tsx';
import { pathsFields } from './paths/fields.ts';
import { PathsPanel } from './paths/panel.tsx';
import { projectionFields } from './projection/fields.ts';
import { ProjectionPanel } from './projection/panel.tsx';
import { setsFields } from './sets/fields.ts';
import { SetsPanel } from './sets/panel.tsx';
import { tapeFields } from './tape/fields.ts';
import { TapePanel } from './tape/panel.tsx';

/** A panel of the page: a question, and what to do to answer it. Its folder has its fields, its answer and its look. */
export interface Panel {
  /** In the address: `#/paths`. */
  name: string;
  title: string;
  question: string;
  fields: Fields<object>;
  Body: FunctionComponent;
}

/** In the order of the page. */
export const panels: readonly Panel[] = [
  {
    name: 'sets',
    title: 'Who talks to whom',
    question: 'If only this output complains, who is told?',
    fields: setsFields as Fields<object>,
    Body: SetsPanel,
  },
  {
    name: 'paths',
    title: 'Three paths',
    question: 'Which of the three paths can you leave out?',
    fields: pathsFields as Fields<object>,
    Body: PathsPanel,
  },
  {
    name: 'projection',
    title: 'Projection',
    question: 'With two values in a set, what is left of the gradient?',
    fields: projectionFields as Fields<object>,
    Body: ProjectionPanel,
  },
  {
    name: 'tape',
    title: 'The tape',
    question: 'Count the edges into x: how many gradients come back?',
    fields: tapeFields as Fields<object>,
    Body: TapePanel,
  },
  {
    name: 'duel',
    title: 'Duel',
    question: 'Raise the learning rate × 10: who survives?',
    fields: duelFields as Fields<object>,
    Body: DuelPanel,
  },
  {
    name: 'evaluation',
    title: 'Training and evaluation',
    question: 'Why is evaluation wrong at batch size 2?',
    fields: evaluationFields as Fields<object>,
    Body: EvaluationPanel,
  },
  {
    name: 'exercise',
    title: 'Exercise',
    question: 'Can you write the missing line?',
    fields: exerciseFields as Fields<object>,
    Body: ExercisePanel,
  },
];
