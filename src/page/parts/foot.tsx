import { useSignal } from '@preact/signals';
import { place } from '../address/address.ts';

interface FootProps {
  /** What prints the same digits in a terminal; of several, each a part of them. */
  command: string | readonly string[];
  /** The norms whose pages tell more. */
  norms?: readonly string[];
}

/** Where to go on: the same in a terminal, the link to this very state, the norm's page. */
export function Foot({ command, norms = [] }: FootProps) {
  void place.value;
  return (
    <footer class="foot">
      {[command].flat().map((each) => (
        <p key={each}>
          The same digits in a terminal: <code>{each}</code> <Copy what="command" text={() => each} />
        </p>
      ))}
      <p>
        <a href={location.hash}>Link to this state</a> <Copy what="link" text={() => location.href} />
        {norms.map((norm) => (
          <span key={norm}>
            {' · '}
            <a href={`../norms/${norm}.md`}>the page of {norm}</a>
          </span>
        ))}
      </p>
    </footer>
  );
}

function Copy({ what, text }: { what: string; text: () => string }) {
  const done = useSignal<'' | 'copied' | 'the browser did not let it be copied'>('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      done.value = 'copied';
    } catch {
      done.value = 'the browser did not let it be copied';
    }
  };
  return (
    <>
      <button type="button" class="small" onClick={copy}>
        Copy the {what}
      </button>
      <span role="status"> {done}</span>
    </>
  );
}
