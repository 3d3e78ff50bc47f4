import { small } from '../../../teach/numbers.ts';
import { Check } from '../../parts/check.tsx';
import { Wide } from '../../parts/wide.tsx';
import type { EvaluationView, ExampleRow } from './state.ts';

/** How far training and evaluation are from each other, for batches of each size. */
export function Gaps({ gaps, batch }: { gaps: EvaluationView['gaps']; batch: number }) {
  const most = Math.max(1, ...gaps.map(({ gap }) => gap ?? 0));
  return (
    <>
      <h2>With larger batches</h2>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Batch size</th>
            <th scope="col">Difference of y, over 20 more batches</th>
          </tr>
        </thead>
        <tbody>
          {gaps.map(({ batch: size, gap }) => (
            <tr key={size}>
              <th scope="row">
                {size}
                {size === batch && ' (now)'}
              </th>
              <td>
                <svg class="gap" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                  <rect class={size === batch ? 'own' : ''} width={(100 * (gap ?? 0)) / most} height="10" />
                </svg>{' '}
                {gap === null ? '…' : small(gap)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** Biased or unbiased: one batch, by hand and by the layer. */
export function Example({ rows }: { rows: readonly ExampleRow[] }) {
  return (
    <>
      <h2>Biased or unbiased? One batch 1, 2, 4, 7, by hand</h2>
      <p class="prose">
        The mean is 14 / 4 = 3.5, and the squares of the distances add up to 6.25 + 2.25 + 0.25 + 12.25 = 21.
        The batch is normalized by 21 / 4 = 5.25, the biased variance. What the running variance follows is
        not settled: PyTorch takes 21 / 3 = 7, the unbiased one, Keras and Flax 5.25. The statistics begin at
        mean 0 and variance 1.
      </p>
      <Wide label="The running statistics after one batch">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">Running mean</th>
              <th scope="col">Running variance</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ who, weight, variance, runningMean, runningVar }) => {
              const squares = variance === 'unbiased' ? 7 : 5.25;
              return (
                <tr key={who}>
                  <th scope="row">{who}</th>
                  <td>
                    <ByHand layer={runningMean} start={0} weight={weight} batch={3.5} />
                  </td>
                  <td>
                    <ByHand layer={runningVar} start={1} weight={weight} batch={squares} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Wide>
    </>
  );
}

/** The layer's number beside that of the formula. */
function ByHand({ layer, start, weight, batch }: Record<'layer' | 'start' | 'weight' | 'batch', number>) {
  const short = (value: number) => String(Number(value.toFixed(4)));
  const hand = (1 - weight) * start + weight * batch;
  return (
    <ul class="checks inline">
      <Check holds={Math.abs(layer - hand) < 1e-9}>
        {short(1 - weight)} · {start} + {short(weight)} · {batch} = {short(layer)}
      </Check>
    </ul>
  );
}
