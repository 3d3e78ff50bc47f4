import { useEffect } from 'preact/hooks';
import { place } from './address/address.ts';
import { engineFailure, startEngine, unanswered } from './engine/client.ts';
import { panels } from './panels/index.ts';
import { pointed } from './parts/highlight.ts';
import { Problem } from './parts/problem.tsx';
import { steps } from './path/steps.ts';
import { addressOfQuestion, Strip } from './path/strip.tsx';

/** The whole page: the list of panels, and the one that the address names. */
export function App() {
  useEffect(startEngine, []);
  const panel = panels.find(({ name }) => name === place.value.panel);
  const { Body, title, question } = panel ?? panels[0];
  const step =
    place.value.question !== null && place.value.question <= steps.length ? place.value.question : null;
  useEffect(() => {
    document.title = `${title}: see a norm backpropagate`;
  }, [title]);
  return (
    <>
      <header>
        <button type="button" class="skip" onClick={() => document.querySelector('main')!.focus()}>
          Skip to the panel
        </button>
        <p class="name">
          normgrad <small>see a norm backpropagate</small>
        </p>
        <nav aria-label="Panels">
          <ol>
            {panels.map((each) => (
              <li key={each.name}>
                <a href={`#/${each.name}`} aria-current={each.title === title ? 'page' : undefined}>
                  {each.title}
                </a>
              </li>
            ))}
          </ol>
        </nav>
        <p>
          <a href={addressOfQuestion(0)}>New here? Ten questions in ten minutes →</a>
        </p>
      </header>
      <Hatch />
      <main tabIndex={-1} data-pointed={pointed.value} data-settled={unanswered.value === 0 ? 'yes' : 'no'}>
        {place.value.panel !== '' && !panel && (
          <Problem>There is no panel “{place.value.panel.slice(0, 40)}”; here is the first one.</Problem>
        )}
        {engineFailure.value && <Problem>Nothing can be computed: {engineFailure.value}.</Problem>}
        {step && <Strip key={step} at={step - 1} />}
        <h1>{question}</h1>
        <Body key={title} />
      </main>
    </>
  );
}

/** The pattern of negative bars (page.css). */
function Hatch() {
  return (
    <svg class="patterns" aria-hidden="true">
      <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="hatch-ground" width="5" height="5" />
        <line class="hatch-line" x1="0" x2="0" y1="0" y2="5" stroke-width="5" />
      </pattern>
    </svg>
  );
}
