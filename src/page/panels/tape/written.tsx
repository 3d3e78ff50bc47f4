import { number, small } from '../../../teach/numbers.ts';
import type { NormTape } from '../../../teach/tape.ts';
import type { Moment } from './moment.ts';
import { readable } from './words.ts';

/** The steps of the norm's file as they ran; each appears when the graph has come to the same number. */
export function Written({ tape, moment }: { tape: NormTape; moment: Moment }) {
  return (
    <section class="tape-written" aria-label="The written backward">
      <h2>As it is written</h2>
      <p class="tape-note">
        <code>{tape.file}</code>: the lines that ran, and whether the graph has the same numbers
      </p>
      <ol>
        {tape.written.map(({ name, formula, values, step, difference }) => {
          const there = step === null ? moment.step === moment.steps : moment.step >= step;
          const isNow = step !== null && step > 0 && step === moment.step;
          return (
            <li key={name} class={`${isNow ? 'now' : ''} ${there ? '' : 'later'}`}>
              <code>
                {isNow && '▸ '}
                {readable(name.replace(/^dx, (?!direct)/, 'dx, through '))} = {readable(formula)}
              </code>{' '}
              <span>{there ? values.slice(0, 12).map(number).join('  ') : '…'}</span>{' '}
              {there && <small>{sameAs(difference)}</small>}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function sameAs(difference: number | null): string {
  if (difference === null) return 'not used';
  return difference === 0 ? 'as in the graph' : `the graph differs by ${small(difference)}`;
}
