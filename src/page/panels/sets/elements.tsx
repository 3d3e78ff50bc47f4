import { useEffect, useRef } from 'preact/hooks';
import { number } from '../../../teach/numbers.ts';
import { type Cell, type Cube, flat } from './cube.ts';

interface Props {
  cube: Cube;
  cell: Cell;
  /** dx of each element, where dy is 1 at the cell alone. */
  row: Float64Array;
  set: Uint8Array;
  unit: number;
  /** Sample, position and channel. */
  choose(at: readonly number[]): void;
}

/** Every element is a button, and one of them is chosen: with the pointer, or by the arrow keys, which go across the small images. */
export function Elements({ cube, cell, row, set, unit, choose }: Props) {
  const { n, h, w, c, weight } = cube;
  const chosen = flat(cube, cell);
  const root = useRef<HTMLDivElement>(null);
  // Keys may come faster than what they chose is drawn.
  const latest = useRef(cell);
  latest.current = cell;
  useEffect(() => {
    const elements = root.current!;
    if (elements.contains(document.activeElement))
      elements.querySelector<HTMLElement>('[tabindex="0"]')!.focus();
  }, [chosen]);
  const pick = ([sample, y, x, channel]: Cell) => choose([sample, y * w + x, channel]);
  const onKeyDown = (event: KeyboardEvent) => {
    const next = moveBy(cube, latest.current, event.key);
    if (!next) return;
    event.preventDefault();
    latest.current = next;
    pick(next);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend would stand in the way of the columns
    <div
      class="elements"
      role="group"
      aria-label="The output that complains; arrow keys choose another"
      ref={root}
      onKeyDown={onKeyDown}
    >
      <div class="sample heads" aria-hidden="true">
        <span />
        {range(c).map((channel) => (
          <span key={channel} class={`of-${w}`}>
            {weight ? 'f' : 'c'}
            {channel}
          </span>
        ))}
      </div>
      {range(n).map((sample) => (
        <div class="sample" key={sample}>
          <span aria-hidden="true">{weight ? 'in' : `n${sample}`}</span>
          {range(c).map((channel) => (
            <div class={`image of-${w}`} key={channel}>
              {range(h * w).map((position) => {
                const at: Cell = [sample, Math.floor(position / w), position % w, channel];
                const i = flat(cube, at);
                return (
                  <button
                    type="button"
                    key={position}
                    class={`cell ${lookOf(row[i], unit)} ${set[i] ? 'member' : ''} ${i === chosen ? 'chosen' : ''}`}
                    style={{ '--share': `${shareOf(row[i], unit)}%` }}
                    tabIndex={i === chosen ? 0 : -1}
                    aria-pressed={i === chosen}
                    aria-label={`${placeName(cube, Math.floor(i / c))} ${weight ? 'filter' : 'c'}${channel}: dx ${number(row[i])}${set[i] ? ', shares statistics' : ''}`}
                    onClick={() => pick(at)}
                  />
                );
              })}
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

/** The sample and position of a row of numbers. */
export function placeName({ weight, h, w }: Cube, i: number): string {
  return weight ? `in ${i}` : `n${Math.floor(i / h / w)} h${Math.floor(i / w) % h} w${i % w}`;
}

function lookOf(value: number, unit: number): string {
  if (Math.abs(value) <= 1e-3 * unit) return '';
  return value > 0 ? 'up' : 'down';
}

/** The root makes weak connections visible. */
function shareOf(value: number, unit: number): number {
  return Math.round(100 * Math.min(1, 0.15 + 0.85 * Math.sqrt(Math.abs(value) / unit)));
}

function moveBy({ n, h, w, c }: Cube, [sample, y, x, channel]: Cell, key: string): Cell | null {
  const [across, down] = [channel * w + x, sample * h + y];
  const to = (column: number, line: number): Cell | null =>
    column < 0 || line < 0 || column >= c * w || line >= n * h
      ? null
      : [Math.floor(line / h), line % h, column % w, Math.floor(column / w)];
  if (key === 'ArrowRight') return to(across + 1, down);
  if (key === 'ArrowLeft') return to(across - 1, down);
  if (key === 'ArrowDown') return to(across, down + 1);
  if (key === 'ArrowUp') return to(across, down - 1);
  if (key === 'Home') return to(0, down);
  if (key === 'End') return to(c * w - 1, down);
  return null;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
