import { norms } from 'virtual:norms';
import type { Explanation, Standardization } from '../../../teach/explanation.ts';
import { number, percent, small } from '../../../teach/numbers.ts';
import { useEngine } from '../../engine/client.ts';
import { BarRow, SliderRow } from '../../parts/bars.tsx';
import { Check } from '../../parts/check.tsx';
import { Choice, NormChoice, Range } from '../../parts/choice.tsx';
import { Foot } from '../../parts/foot.tsx';
import { Formula } from '../../parts/formula.tsx';
import { named } from '../../parts/highlight.ts';
import { MisreadAddress } from '../../parts/misread.tsx';
import { usePanelState } from '../../parts/panelState.ts';
import { Problem } from '../../parts/problem.tsx';
import { Wide } from '../../parts/wide.tsx';
import type { Kept } from './answer.ts';
import { type ProjectionState, projectionFields } from './fields.ts';
import formulas from './formulas.tex';
import { KeptCurve } from './keptCurve.tsx';
import { Space } from './space.tsx';
import './panel.css';

/** Panel 3: the backward pass of a norm takes directions out of g. In three dimensions one sees which, and how few are left. */
export function ProjectionPanel() {
  const { state, misread } = usePanelState('projection', projectionFields);
  const { norm, mode, x, g, m } = state;
  const facts = norms.find(({ name }) => name === norm.value)!;
  const modeOf = () => (norms.some(({ name, runs }) => name === norm.value && runs) ? mode.value : 'train');
  const reply = useEngine('projection', () => ({ norm: norm.value, mode: modeOf(), x: x.value, g: g.value }));
  const kept = useEngine('kept', () => ({ norm: norm.value, mode: modeOf(), m: m.value }));
  const { answer, error } = reply.value;
  const points = kept.value.answer;
  const paths = answer?.shown.standardization;
  const formula = modeOf() === 'eval' ? 'constants' : facts.centred ? 'centred' : 'uncentred';
  return (
    <>
      <p class="lead">
        On its way back through a norm, g loses its part along <b>1</b> (shifting x changes nothing) and its
        part along x̂ (scaling x changes nothing). The set of m values has m directions, and m − 2 are left: of
        two values nothing gets through, of three the gradient can only lie on one line. RMSNorm has no mean,
        and loses one direction only.
      </p>
      <MisreadAddress misread={misread} />
      <div class="controls">
        <NormChoice value={norm} fits={({ standard }) => standard} />
        {facts.runs && (
          <Choice
            label="Mode"
            value={mode}
            choices={[
              ['train', 'training'],
              ['eval', 'evaluation'],
            ]}
          />
        )}
      </div>
      <Formula mathml={formulas[formula]} />
      {error && <Problem>{error}</Problem>}
      <h2>
        Three values:{' '}
        {formula === 'centred' ? 'one line' : formula === 'uncentred' ? 'a plane' : 'everything'} is left
      </h2>
      <div class="projection">
        {answer && paths && <Space shown={answer.shown} paths={paths} />}
        <div>
          <Wide label="x, g, and what is left of g">
            <table class="bars">
              <tbody>
                <SliderRow label="x" name="x" values={x.value} scale={6} onInput={(to) => (x.value = to)} />
                {paths && <BarRow label="x̂" name="xhat" values={paths.xHat} scale={2} />}
                <SliderRow label="g" name="g" values={g.value} scale={2} onInput={(to) => (g.value = to)} />
                {answer && paths && (
                  <BarRow label="dx" name="dx" values={answer.shown.dx} scale={2 / paths.sets[0].sigma} />
                )}
              </tbody>
            </table>
          </Wide>
          {paths && <Shares paths={paths} />}
        </div>
      </div>
      {answer && paths && <Checks shown={answer.shown} />}
      <h2>m values: how much is left of a random g</h2>
      <div class="m-range">
        <Range label="m, the values of a set" value={m} least={2} most={64} />
      </div>
      {points && paths && <Gauge point={points.find((each) => each.m === m.value)} paths={paths} />}
      {points && <KeptCurve points={points} m={m.value} />}
      {answer?.two.standardization && (
        <Consequences two={answer.two} paths={answer.two.standardization} centred={facts.centred} />
      )}
      <Foot
        command={commandFor({ norm: norm.value, mode: modeOf(), x: x.value, g: g.value })}
        norms={[norm.value]}
      />
    </>
  );
}

/** The energy of g as one bar, cut into what is taken away and what is left. */
function Shares({ paths: { energy, viaMean, viaVariance } }: { paths: Standardization }) {
  const parts = [
    viaMean && { name: 'viamean', words: 'along 1, taken away:', share: energy.mean },
    viaVariance && { name: 'viavariance', words: 'along x̂, taken away:', share: energy.variance },
    { name: 'dx', words: 'left of g:', share: energy.kept },
  ].filter((part) => part !== null);
  let from = 0;
  return (
    <div class="shares">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ name, share }) => {
          const x = 100 * from;
          from += share;
          return (
            <rect key={name} class={`part-${name}`} x={x} y="0" width={Math.max(0, 100 * share)} height="6" />
          );
        })}
      </svg>
      <ul>
        {parts.map(({ name, words, share }) => (
          <li key={name} {...named(name)}>
            <i class={`swatch part-${name}`} /> {words} <b class="digits">{percent(share)}</b>
          </li>
        ))}
      </ul>
      <p>of the energy of g, which is the sum of its squares</p>
    </div>
  );
}

function Checks({ shown }: { shown: Explanation }) {
  const { check, invariants, notes } = shown;
  return (
    <ul class="checks" aria-live="polite">
      <Check holds={check.passed}>
        dx is what differences of the loss say; largest difference{' '}
        <span class="digits">{small(check.maxDiff)}</span>
      </Check>
      {invariants.map(({ law, holds, value, says }) => (
        <Check key={law} holds={holds}>
          {law}
          {value !== null && !holds && `, but it is ${number(value)}`}: {says}
        </Check>
      ))}
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

function Gauge({ point, paths }: { point: Kept | undefined; paths: Standardization }) {
  if (!point) return null;
  const { m, draws, mean, deviation, low, high, expected } = point;
  const lost = Number(paths.viaMean !== null) + Number(paths.viaVariance !== null);
  // Four standard errors; and what ε leaves
  const holds = Math.abs(mean - expected) <= (4 * deviation) / Math.sqrt(draws) + 1e-3;
  return (
    <ul class="checks" aria-live="polite">
      <Check holds={holds}>
        With {m} values a random g keeps {lost > 0 ? `(m − ${lost})/m = ` : ''}
        <b>{percent(expected)}</b> of its energy. {draws} draws by the engine keep {percent(mean)} on average;
        eight of ten lie between {percent(low)} and {percent(high)}.
      </Check>
    </ul>
  );
}

function Consequences({
  two,
  paths,
  centred,
}: {
  two: Explanation;
  paths: Standardization;
  centred: boolean;
}) {
  const [xHat, dx] = [paths.xHat, two.dx].map((values) => values.map(number).join(' and '));
  const [x, g] = [two.x, two.upstream].map((values) => values.join(' and '));
  const moving = !paths.constants;
  return (
    <>
      <h2>What follows</h2>
      <ul>
        <li>
          Two values, x = {x}: x̂ = {xHat}. Of g = {g} there is left dx = {dx}, {percent(paths.energy.kept)} of
          the energy.{' '}
          {moving && centred
            ? 'x̂ is −1 and 1 whatever x is: in an MLP with BatchNorm and batches of two, nothing in front of it learns.'
            : moving
              ? 'One of two directions is left: without the mean, two values still learn.'
              : 'The running statistics are constants: nothing is taken away.'}
        </li>
        {moving && centred && (
          <li>
            What adds the same number to a whole set gets no gradient, for Σdx = 0. So the bias of a layer in
            front of BatchNorm gets 0: leave it out.
          </li>
        )}
        {moving && (
          <li>
            What multiplies a whole set gets none either, but for ε: the scale of the weights in front does
            not matter for y, and larger weights get smaller gradients.
          </li>
        )}
        {moving && centred && (
          <li>
            In a convolution the positions count too: BatchNorm of two images of 16 × 16 has sets of m = 512
            and keeps {percent(510 / 512)}. LayerNorm and GroupNorm have an m that does not depend on the
            batch.
          </li>
        )}
      </ul>
    </>
  );
}

/** The command whose output has the digits of the three values. */
function commandFor({ norm, mode, x, g }: Omit<ProjectionState, 'm'>): string {
  const weight = norms.some(({ name, kind }) => name === norm && kind === 'weight');
  const row = (values: readonly number[]) => (weight ? `"${values.join(';')}"` : values.join(','));
  return `normgrad explain ${norm} --x ${row(x)} --g ${row(g)}${mode === 'eval' ? ' --mode eval' : ''}`;
}
