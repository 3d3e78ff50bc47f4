import { norms } from 'virtual:norms';
import type { Signal } from '@preact/signals';
import { small } from '../../../teach/numbers.ts';
import { OpenTrace } from '../../parts/openTrace.tsx';
import { Problem } from '../../parts/problem.tsx';
import type { LayerView, SideView } from './view.ts';

/** What the logarithmic bars reach from and to, in powers of ten: the same in both sides, and in every state. */
const decades = [-6, 2] as const;

export function titleOf(norm: string): string {
  if (norm === 'none') return 'no norm';
  return norms.find(({ name }) => name === norm)?.title ?? norm;
}

interface Props {
  letter: string;
  side: SideView;
  /** A trace in its place, and what is wrong with it. */
  file: Signal<File | null>;
  problem: string | null;
}

/** How it goes with one network: what it scores, and what each layer passes on and back. */
export function SidePicture({ letter, side, file, problem }: Props) {
  const { title, last, epochs, diverged, refused, layers } = side;
  const epoch = epochs.at(-1);
  const color = letter === 'A' ? 'one' : 'two';
  return (
    <section class={`side ${color}`} aria-label={`${letter}: ${titleOf(title)}`}>
      <h2>
        {letter}: {titleOf(title)}
      </h2>
      {refused !== null && <Problem>{refused}</Problem>}
      {diverged !== null && <Problem>Diverged: {diverged}.</Problem>}
      {last && (
        <p class="score">
          Step {last.step}: loss {last.loss.toFixed(4)}, {(100 * last.accuracy).toFixed(0)} % of its batch
          right.
          <br />
          {epoch ? (
            <>
              Epoch {epoch.epoch}: loss <span class="digits">{epoch.train.loss.toFixed(4)}</span>, accuracy{' '}
              <span class="digits">{epoch.train.accuracy.toFixed(4)}</span>. Test: loss{' '}
              <span class="digits">{epoch.test.loss.toFixed(4)}</span>, accuracy{' '}
              <span class="digits">{epoch.test.accuracy.toFixed(4)}</span>.
            </>
          ) : (
            'The first epoch is not over.'
          )}
        </p>
      )}
      {layers.length > 0 && <Layers layers={layers} />}
      <OpenTrace file={file} />
      {file.value && (
        <button type="button" class="small" onClick={() => (file.value = null)}>
          Back to the network {letter}
        </button>
      )}
      {problem !== null && <Problem>{problem}</Problem>}
    </section>
  );
}

function Layers({ layers }: { layers: readonly LayerView[] }) {
  const biases = layers.some(({ bias }) => bias !== null);
  return (
    <table class="layers">
      <thead>
        <tr class="about">
          <th scope="col">Layer</th>
          <th scope="col">What it passes on: mean ± σ (bar: σ)</th>
          <th scope="col">Gradient of its weights</th>
          {biases && <th scope="col">of a bias before the norm</th>}
        </tr>
      </thead>
      <tbody>
        {layers.map(({ name, mean, std, gradient, bias }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <Meter value={std} kind="spread" text={`${short(mean)} ± ${short(std)}`} />
            <Meter value={gradient} kind="gradient" text={gradient === null ? '' : short(gradient)} />
            {biases && <td>{bias !== null && <span>{biasText(bias, gradient ?? 0)}</span>}</td>}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr class="about">
          <td />
          <td colSpan={2}>
            bars from 10<sup>{decades[0]}</sup> to 10<sup>{decades[1]}</sup>, a mark at each power of ten
          </td>
        </tr>
      </tfoot>
    </table>
  );
}

/** Two digits, the sign of a mean included. */
function short(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('Infinity', '∞');
  return value < 0 ? `−${small(-value)}` : small(value);
}

/** What is that small beside other gradients is the rounding of a 0 in float32. */
function biasText(bias: number, gradient: number): string {
  return bias < Math.min(1e-3, 1e-5 * gradient) ? `0 ± ${bias.toExponential(0)}` : short(bias);
}

/** A size, on a logarithmic thermometer. */
function Meter({ value, kind, text }: { value: number | null; kind: 'spread' | 'gradient'; text: string }) {
  if (value === null) return <td />;
  const [low, high] = decades;
  const share = (power: number) => (100 * (power - low)) / (high - low);
  const filled = Math.min(100, Math.max(0, share(Math.log10(value)))) || 0;
  return (
    <td>
      <svg class={`meter ${kind}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect class="room" width="100" height="10" />
        <rect class="filled" width={filled} height="10" />
        {Array.from({ length: high - low - 1 }, (_, i) => (
          <path key={i} d={`M${share(low + i + 1)} 0V10`} />
        ))}
      </svg>
      <span>{text}</span>
    </td>
  );
}
