import { type NormFacts, norms } from 'virtual:norms';
import { type Signal, useComputed } from '@preact/signals';
import { number, small } from '../../../teach/numbers.ts';
import { valuesOf } from '../../address/address.ts';
import { useEngine } from '../../engine/client.ts';
import { Check } from '../../parts/check.tsx';
import { Choice, NormChoice, Range } from '../../parts/choice.tsx';
import { Foot } from '../../parts/foot.tsx';
import { MisreadAddress } from '../../parts/misread.tsx';
import { usePanelState } from '../../parts/panelState.ts';
import { Problem } from '../../parts/problem.tsx';
import { Wide } from '../../parts/wide.tsx';
import type { SetsAnswer } from './answer.ts';
import { type Cube, cellOf, cubeOf, flat, hasGhosts, hasGroups, requestFor } from './cube.ts';
import { Elements, placeName } from './elements.tsx';
import { type SetsState, setsFields } from './fields.ts';
import { HeatMap } from './heatMap.tsx';
import './panel.css';

/** Panel 1: a small tensor, one output of it, and who hears of its gradient; of two norms side by side. */
export function SetsPanel() {
  const { state, misread } = usePanelState('sets', setsFields);
  const all = () => valuesOf(setsFields, state);
  const names = state.beside.value === 'none' ? [state.norm] : [state.norm, state.beside];
  const shown = names.map(factsOf);
  const some = (fits: (facts: NormFacts) => boolean) => shown.some(fits);
  return (
    <>
      <p class="lead">
        A norm divides each x by statistics of a whole set of x. So every x of the set moves every y of it,
        and backwards a gradient that enters at one y reaches every x of its set, and nobody else. Which
        elements make a set, is what sets the norms apart: BatchNorm tells the same channel of all samples,
        LayerNorm and GroupNorm tell channels of one sample.
      </p>
      <MisreadAddress misread={misread} />
      <div class="controls">
        <NormChoice value={state.norm} />
        <NormChoice label="Beside it" value={state.beside} also={['none']} />
        {some(({ kind }) => kind === 'activation') && (
          <>
            <Range label="Samples N" value={state.n} least={1} most={4} />
            <Range label="Positions H·W" value={state.p} least={1} most={4} />
            <Range label="Channels C" value={state.c} least={1} most={4} />
          </>
        )}
        {some(({ kind }) => kind === 'weight') && (
          <>
            <Range label="Inputs of a filter" value={state.inputs} least={1} most={8} />
            <Range label="Filters" value={state.filters} least={1} most={4} />
          </>
        )}
        {some(hasGroups) && <Range label="Groups of channels" value={state.groups} least={1} most={4} />}
        {some(hasGhosts) && <Range label="Samples of a ghost batch" value={state.ghost} least={1} most={4} />}
        {some(({ detaches }) => detaches) && (
          <Choice
            label="Backward pass"
            value={state.backward}
            choices={[
              ['whole', 'whole'],
              ['detached', 'μ and v taken for constants'],
            ]}
          />
        )}
      </div>
      <p>Choose an output, with the pointer or with the arrow keys:</p>
      <Key />
      <div class="sets">
        {names.map((name, i) => (
          <Norm key={i} name={name} isFirst={i === 0} all={all} choose={(at) => (state.at.value = at)} />
        ))}
      </div>
      <p class="one-set">
        The squares have all dy<sub>i</sub>/dx<sub>j</sub>: a row per y<sub>i</sub>, a column per x
        <sub>j</sub>, in the order of samples, channels, positions; the row of the chosen output is framed.
        Blue and of full height: positive; orange and of half height: negative. Rank: the directions of the
        gradient that do reach x.
      </p>
      <Foot command={commandFor(shown[0], all())} norms={shown.map(({ name }) => name)} />
    </>
  );
}

function factsOf({ value }: Signal<string>): NormFacts {
  return norms.find(({ name }) => name === value)!;
}

function Key() {
  return (
    <ul class="set-key" aria-label="Key">
      <li>
        <i class="cell chosen" /> the output that complains: dy = 1 here, 0 elsewhere
      </li>
      <li>
        <i class="cell member" /> shares statistics with it
      </li>
      <li>
        <i class="cell up" /> dx &gt; 0: raising this x raises that output
      </li>
      <li>
        <i class="cell down" /> dx &lt; 0: raising it lowers that output
      </li>
      <li>
        <i class="cell" /> dx = 0: it hears nothing
      </li>
    </ul>
  );
}

interface NormProps {
  name: Signal<string>;
  /** The command at the foot prints its digits. */
  isFirst: boolean;
  all(): SetsState;
  choose(at: readonly number[]): void;
}

function Norm({ name, isFirst, all, choose }: NormProps) {
  const facts = factsOf(name);
  // As text, which stays equal where only the output changes: then nothing is asked
  const question = useComputed(() =>
    JSON.stringify({ norm: name.value, request: requestFor(factsOf(name), all()) }),
  );
  const { answer, error } = useEngine('sets', () => JSON.parse(question.value)).value;
  const cube = cubeOf(facts.kind === 'weight', all());
  const fits = answer?.size === cube.n * cube.h * cube.w * cube.c;
  return (
    <section aria-label={facts.title}>
      <h2>{facts.title}</h2>
      <p class="one-set">one set: {facts.sets.replace('none: ', '')}</p>
      {error && <Problem>{error}</Problem>}
      {answer && fits && (
        <Shown
          title={facts.title}
          answer={answer}
          cube={cube}
          at={all().at}
          choose={choose}
          digits={isFirst ? 'digits' : 'plain'}
        />
      )}
    </section>
  );
}

interface ShownProps {
  title: string;
  answer: SetsAnswer;
  cube: Cube;
  at: readonly number[];
  choose(at: readonly number[]): void;
  digits: string;
}

function Shown({ title, answer, cube, at, choose, digits }: ShownProps) {
  const { size, backward, members, rank, standard, removes, reach, differences, unit, notes } = answer;
  const cell = cellOf(cube, at);
  const i = flat(cube, cell);
  const row = backward.subarray(i * size, (i + 1) * size);
  const set = members.subarray(i * size, (i + 1) * size);
  const count = set.reduce((sum, each) => sum + each, 0);
  const told = row.reduce((sum, value) => sum + Number(Math.abs(value) > 1e-6 * unit), 0);
  const holds = differences[i] <= 1e-6 * unit;
  const directions = standard ? (1 + Number(standard.centred)) * standard.sets : 0;
  const silent = count === 0;
  return (
    <>
      <Wide label={`The elements of ${title}`}>
        <Elements {...{ cube, cell, row, set, unit, choose }} />
      </Wide>
      <ul class="checks">
        <li>
          {standard ? 'That y shares its statistics with ' : 'That y depends on '}
          <b class={digits}>{`${count} of ${size} elements`}</b>
          {!silent && ', itself among them'};{' '}
          {told === 0 ? 'none of them hears anything' : `${told} of them hear of its gradient`}.
          {silent && ' No x moves it here: its activation is off, or its set has too few values.'}
        </li>
        <Check holds={holds}>
          the row by the engine’s backward pass is what differences of the forward pass say; largest
          difference {small(differences[i])}
          {!holds && ': this backward pass is wrong. The statistics do move, and who moves them is not told'}
        </Check>
        {reach.length > 0 && <li>Any y depends on its own x, and on {reach.join('; ')}.</li>}
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
      <h3>All outputs at once</h3>
      <HeatMap answer={answer} i={i} />
      <p>
        <b class={digits}>{`rank ${rank} of ${size}`}</b>
        {standard && rank === size - directions && rank > 0 && (
          <>
            {' '}
            = {size} − {standard.sets} · {1 + Number(standard.centred)}:{' '}
            {standard.centred ? 'two directions are' : 'one direction is'} lost in each of {standard.sets}{' '}
            sets
          </>
        )}
        {!holds && ' by differences (the square shows the backward pass)'}. Of every gradient this norm
        removes: <b>{removes}</b>.
      </p>
      <details>
        <summary>dx in numbers</summary>
        <Wide label={`dx of ${title} in numbers`}>
          <Numbers cube={cube} row={row} digits={digits} />
        </Wide>
      </details>
    </>
  );
}

function Numbers({ cube, row, digits }: { cube: Cube; row: Float64Array; digits: string }) {
  const { c, weight } = cube;
  const rows = Array.from({ length: row.length / c }, (_, i) => [...row.subarray(i * c, (i + 1) * c)]);
  return (
    <table class="row-numbers">
      <thead>
        <tr>
          <td />
          {rows[0].map((_, channel) => (
            <th key={channel} scope="col">
              {weight ? 'filter' : 'c'} {channel}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((values, i) => (
          <tr key={i}>
            <th scope="row">{placeName(cube, i)}</th>
            {values.map((value, channel) => (
              <td key={channel} class={digits}>
                {number(value)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The command that prints the set, the rank and the row of an element. */
function commandFor(facts: NormFacts, state: SetsState): string {
  const cube = cubeOf(facts.kind === 'weight', state);
  const [n, h, w, c] = cellOf(cube, state.at);
  const { shape, groups, virtualBatch, detach } = requestFor(facts, state);
  const at = cube.weight ? [h, c] : [n, h, w, c];
  const parts = [`normgrad explain ${facts.name}`, `--shape ${shape.join(',')}`, `--at ${at.join(',')}`];
  if (groups) parts.push(`--groups ${groups}`);
  if (virtualBatch) parts.push(`--virtual-batch ${virtualBatch}`);
  if (detach) parts.push(`--detach ${detach}`);
  return parts.join(' ');
}
