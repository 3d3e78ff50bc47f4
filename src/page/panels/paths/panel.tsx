import { norms } from 'virtual:norms';
import type { Explanation, Standardization } from '../../../teach/explanation.ts';
import { number, percent, small } from '../../../teach/numbers.ts';
import { valuesOf } from '../../address/address.ts';
import { useEngine } from '../../engine/client.ts';
import { BarRow, SliderRow } from '../../parts/bars.tsx';
import { Check } from '../../parts/check.tsx';
import { Choice, NormChoice } from '../../parts/choice.tsx';
import { explainCommand } from '../../parts/explainCommand.ts';
import { Foot } from '../../parts/foot.tsx';
import { Formula } from '../../parts/formula.tsx';
import { MisreadAddress } from '../../parts/misread.tsx';
import { usePanelState } from '../../parts/panelState.ts';
import { Problem } from '../../parts/problem.tsx';
import { Wide } from '../../parts/wide.tsx';
import { pathsFields } from './fields.ts';
import formulas from './formulas.tex';

/** Panel 2: x reaches L along up to three paths. Drag x and dy, leave a path out, and see what dx becomes. */
export function PathsPanel() {
  const { state, misread } = usePanelState('paths', pathsFields);
  const all = () => valuesOf(pathsFields, state);
  const reply = useEngine('paths', all);
  const { answer, error } = reply.value;
  const facts = norms.find(({ name }) => name === state.norm.value)!;
  return (
    <>
      <p class="lead">
        A norm divides x by a σ that was computed from the same x. So x moves the loss directly, through the
        mean μ and through the variance v, and its gradient is the sum of three. The statistics are no
        parameters, but they are no constants either.
      </p>
      <MisreadAddress misread={misread} />
      <div class="controls">
        <NormChoice value={state.norm} fits={({ standard, kind }) => standard && kind === 'activation'} />
        <Choice
          label="Mode"
          value={state.mode}
          choices={[
            ['train', 'training'],
            ['eval', 'evaluation'],
          ]}
        />
        {facts.detaches && (
          <Choice
            label="Leave out of the backward pass"
            value={state.detach}
            choices={
              facts.centred
                ? [
                    ['none', 'nothing'],
                    ['mean', 'μ'],
                    ['variance', 'v'],
                    ['both', 'both'],
                  ]
                : [
                    ['none', 'nothing'],
                    ['variance', 'v'],
                  ]
            }
          />
        )}
      </div>
      <Formula label="Forward" mathml={facts.centred ? formulas.forward : formulas.forwardUncentred} />
      <Formula label="Backward" mathml={facts.centred ? formulas.centred : formulas.uncentred} />
      {error && <Problem>{error}</Problem>}
      <Wide label="x, dy, and the paths of the gradient">
        <table class="bars">
          <tbody>
            <SliderRow
              label="x"
              name="x"
              values={state.x.value}
              scale={8}
              onInput={(x) => (state.x.value = x)}
            />
            <SliderRow
              label="dy"
              name="dy"
              values={state.dy.value}
              scale={2}
              onInput={(dy) => (state.dy.value = dy)}
            />
            {answer?.standardization && <Paths answer={answer} paths={answer.standardization} />}
          </tbody>
        </table>
      </Wide>
      {answer?.standardization && <Checks answer={answer} paths={answer.standardization} />}
      <Foot command={explainCommand(all())} norms={[state.norm.value]} />
    </>
  );
}

function Paths({ answer, paths }: { answer: Explanation; paths: Standardization }) {
  const { xHat, g, direct, viaMean, viaVariance, energy, centred } = paths;
  const parts = [direct, viaMean ?? [], viaVariance ?? [], answer.dx];
  const scale = Math.max(...parts.flat().map(Math.abs)) || 1;
  const [{ mean, variance, sigma }] = paths.sets;
  const statistics = centred
    ? `μ ${number(mean)}   v ${number(variance)}   σ ${number(sigma)}`
    : `v ${number(variance)}   r ${number(sigma)}`;
  const size = (values: readonly number[]) => Math.max(...values.map(Math.abs)) || 1;
  return (
    <>
      <BarRow label="x̂" name="xhat" values={xHat} scale={size(xHat)} remark={statistics} />
      <BarRow label="g = γ·dy" name="g" values={g} scale={size(g)} />
      <BarRow label="direct" name="direct" values={direct} scale={scale} remark="energy: 100 %" />
      {viaMean && (
        <BarRow
          label="through μ"
          name="viamean"
          values={viaMean}
          scale={scale}
          remark={`takes away ${percent(energy.mean)}`}
        />
      )}
      {viaVariance && (
        <BarRow
          label="through v"
          name="viavariance"
          values={viaVariance}
          scale={scale}
          remark={`takes away ${percent(energy.variance)}`}
        />
      )}
      <BarRow
        label="dx, the sum"
        name="dx"
        values={answer.dx}
        scale={scale}
        remark={`is left: ${percent(energy.kept)}`}
      />
      <BarRow
        label="by differences"
        name="dx"
        values={answer.numericDx}
        scale={scale}
        remark="of the loss, no formula"
      />
    </>
  );
}

function Checks({ answer, paths }: { answer: Explanation; paths: Standardization }) {
  const { maxDiff, passed } = answer.check;
  return (
    <ul class="checks" aria-live="polite">
      <Check holds={passed}>
        dx is what differences of the loss say; largest difference{' '}
        <span class="digits">{small(maxDiff)}</span>
        {!passed && ': this backward pass is wrong'}
      </Check>
      {answer.invariants.map(({ law, holds, value, says }) => (
        <Check key={law} holds={holds}>
          {law}
          {value !== null && !holds && (
            <>
              , but it is <span class="digits">{number(value)}</span>
            </>
          )}
          : {says}
        </Check>
      ))}
      {paths.energy.expected > 0 && !paths.constants && (
        <li>
          A random g keeps (m − {1 + Number(paths.centred)}) / m = {percent(paths.energy.expected)} of its
          energy; this one keeps {percent(paths.energy.kept)}.
        </li>
      )}
      {answer.notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
