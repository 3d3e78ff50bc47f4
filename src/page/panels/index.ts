import type { FunctionComponent } from 'preact';
import type { Fields } from '../address/fields.ts';
import { pathsFields } from './paths/fields.ts';
import { PathsPanel } from './paths/panel.tsx';
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
    name: 'paths',
    title: 'Three paths',
    question: 'Which of the three paths can you leave out?',
    fields: pathsFields as Fields<object>,
    Body: PathsPanel,
  },
  {
    name: 'tape',
    title: 'The tape',
    question: 'Count the edges into x: how many gradients come back?',
    fields: tapeFields as Fields<object>,
    Body: TapePanel,
  },
];
