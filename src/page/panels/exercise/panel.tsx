import { useSignal } from '@preact/signals';
import type { Value } from '../../../teach/expression.ts';
import { number, small } from '../../../teach/numbers.ts';
import type { Question } from '../../../teach/quiz.ts';
import { useEngine } from '../../engine/client.ts';
import { BarRow } from '../../parts/bars.tsx';
import { Check } from '../../parts/check.tsx';
import { NormChoice } from '../../parts/choice.tsx';
import { Foot } from '../../parts/foot.tsx';
import { MisreadAddress } from '../../parts/misread.tsx';
import { usePanelState } from '../../parts/panelState.ts';
import { Problem } from '../../parts/problem.tsx';
import { Wide } from '../../parts/wide.tsx';
import type { Judged } from './answer.ts';
import { exerciseFields } from './fields.ts';
import './panel.css';

/** Panel 7: the line dx = … is missing. Differences of the loss judge what is written there, and known mistakes have a name. */
export function ExercisePanel() {
  const { state, misread } = usePanelState('exercise', exerciseFields);
  const reply = useEngine('exercise', () => ({ norm: state.norm.value, answer: state.answer.value }));
  const { answer: judged, error } = reply.value;
  return (
    <>
      <p class="lead">
        Everything of this norm is here but one line of its backward pass. Write it with the names below. What
        judges it is no formula: it is differences of the loss, on these numbers and on others. “dy” hands the
        gradient on as it came, and is wrong for every norm.
      </p>
      <MisreadAddress misread={misread} />
      <div class="controls">
        <NormChoice value={state.norm} fits={({ quiz }) => quiz} />
      </div>
      {error && <Problem>{error}</Problem>}
      {judged && (
        <>
          <Lines question={judged.question} />
          <AnswerLine
            key={`${state.norm.value} ${state.answer.value}`}
            answer={state.answer.value}
            onAnswer={(text) => {
              state.answer.value = text;
            }}
          />
          <Judgement judged={judged} />
          <Help key={judged.question.norm} question={judged.question} />
          <NamesTable question={judged.question} />
        </>
      )}
      <Foot command={commandFor(state.norm.value, state.answer.value)} norms={[state.norm.value]} />
    </>
  );
}

function Lines({ question }: { question: Question }) {
  return (
    <div class="program">
      <h2>Forward</h2>
      <pre>{question.forward.join('\n')}</pre>
      <h2>Backward, from dy = dL/dy</h2>
      <pre>{question.backward.slice(0, -1).join('\n')}</pre>
    </div>
  );
}

function AnswerLine({ answer, onAnswer }: { answer: string; onAnswer: (text: string) => void }) {
  const text = useSignal(answer);
  return (
    <form
      class="answer"
      onSubmit={(event) => {
        event.preventDefault();
        onAnswer(text.value.trim());
      }}
    >
      <label>
        <code>dx =</code>{' '}
        <input
          type="text"
          aria-label="dx ="
          value={text.value}
          maxLength={500}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value;
          }}
        />
      </label>{' '}
      <button type="submit">Check</button>
    </form>
  );
}

function Judgement({ judged: { verdict, unread } }: { judged: Judged }) {
  if (!verdict) {
    return (
      <ul class="checks" aria-live="polite">
        <Check holds={false}>cannot read that: {unread}</Check>
      </ul>
    );
  }
  const { right, maxDiff, looksLike, answered, numeric } = verdict;
  const scale = Math.max(...[...answered, ...numeric].map(Math.abs).filter(Number.isFinite)) || 1;
  return (
    <>
      <ul class="checks" aria-live="polite">
        <Check holds={right}>
          {right ? 'exact' : 'wrong'}: largest difference <span class="digits">{small(maxDiff)}</span>
          {looksLike && `; ${looksLike}`}
        </Check>
      </ul>
      <Wide label="The answer beside differences of the loss">
        <table class="bars">
          <tbody>
            <BarRow label="your dx" values={answered} scale={scale} />
            <BarRow label="by differences" values={numeric} scale={scale} />
          </tbody>
        </table>
      </Wide>
    </>
  );
}

/** Hints one after the other, and at last the answer: only for who asks. */
function Help({ question: { hints, solution } }: { question: Question }) {
  const shown = useSignal(0);
  const revealed = useSignal(false);
  return (
    <div>
      <p>
        <button type="button" disabled={shown.value === hints.length} onClick={() => shown.value++}>
          Hint {Math.min(shown.value + 1, hints.length)} of {hints.length}
        </button>{' '}
        <button
          type="button"
          aria-expanded={revealed.value}
          onClick={() => {
            revealed.value = !revealed.value;
          }}
        >
          {revealed.value ? 'Hide the answer' : 'Show the answer'}
        </button>
      </p>
      <div aria-live="polite">
        <ol class="hints">
          {hints.slice(0, shown.value).map((hint) => (
            <li key={hint}>{hint}</li>
          ))}
        </ol>
        {revealed.value && (
          <p>
            <code>dx = {solution}</code>
          </p>
        )}
      </div>
    </div>
  );
}

function NamesTable({ question: { names } }: { question: Question }) {
  const shown = ([name, value]: [string, Value]) => {
    const list = typeof value === 'number' ? [value] : value;
    const isExact = name === 'm' || name === 'eps';
    return list.map((each, i) => (
      <td key={i} class="digits">
        {isExact ? String(each) : number(each)}
      </td>
    ));
  };
  return (
    <>
      <h2>What you may use</h2>
      <Wide label="Names and their numbers">
        <table class="names">
          <tbody>
            {Object.entries(names).map((entry) => (
              <tr key={entry[0]}>
                <th scope="row">
                  <code>{entry[0]}</code>
                </th>
                {shown(entry)}
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      <p>
        And <code>+ - * / **</code>, parentheses, <code>mean()</code>, <code>sum()</code>, <code>sqrt()</code>
        , <code>abs()</code>.
      </p>
    </>
  );
}

function commandFor(norm: string, answer: string): string {
  return `echo '${answer.replaceAll("'", "'\\''")}' | normgrad quiz ${norm}`;
}
