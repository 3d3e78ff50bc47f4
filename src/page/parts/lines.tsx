import './lines.css';
import { small } from '../../teach/numbers.ts';

/** A curve, or single points; `look` gives colour, dashes and the form of the points: none of them says it alone. */
interface Line {
  name: string;
  look: 'one' | 'two' | 'plain';
  points: readonly (readonly [x: number, y: number])[];
  dots?: boolean;
}

interface Props {
  label: string;
  lines: readonly Line[];
  /** The last x, and what x is. */
  most: number;
  along: string;
  log?: boolean;
  /** Heights that are marked across, with their names. */
  levels?: readonly { value: number; name: string }[];
}

/** Curves over steps. What is not a number is a gap. */
export function Lines({ label, lines, most, along, log = false, levels = [] }: Props) {
  const scale = log ? Math.log10 : (value: number) => value;
  const values = [
    ...lines.flatMap(({ points }) => points.map(([, y]) => y)),
    ...levels.map(({ value }) => value),
  ]
    .map(scale)
    .filter(Number.isFinite);
  const { low, high, ticks } = axisOf(values, log);
  const top = (y: number) => 100 - (100 * (scale(y) - low)) / (high - low);
  const left = (x: number) => (100 * x) / most;
  return (
    <figure class="lines">
      <figcaption>
        {label}
        {lines.map(({ name, look, dots }) => (
          <span key={name} class="key">
            <svg viewBox="0 0 24 10" aria-hidden="true">
              {dots ? (
                <circle class={`dot ${look}`} cx="12" cy="5" r="3" />
              ) : (
                <path class={`line ${look}`} d="M0 5H24" />
              )}
            </svg>
            {name}
          </span>
        ))}
        {levels.map(({ name }) => (
          <span key={name} class="key">
            <svg viewBox="0 0 24 10" aria-hidden="true">
              <path class="level" d="M0 5H24" />
            </svg>
            {name}
          </span>
        ))}
      </figcaption>
      <div class="plot" aria-hidden="true">
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          {ticks.map((tick) => (
            <path key={tick} class="grid" d={`M0 ${top(tick)}H100`} />
          ))}
          {levels.map(({ name, value }) => (
            <path key={name} class="level" d={`M0 ${top(value)}H100`} />
          ))}
          {lines.map(({ name, look, points, dots }) =>
            dots ? (
              <path key={name} class={`dot ${look}`} d={dotsOf(points, left, top)} />
            ) : (
              <path key={name} class={`line ${look}`} d={pathOf(points, left, top)} />
            ),
          )}
        </svg>
        {ticks.map((tick) => (
          <span key={tick} class="tick" style={{ top: `${top(tick)}%` }}>
            {small(tick)}
          </span>
        ))}
      </div>
      <div class="along" aria-hidden="true">
        <span>0</span>
        <span>{along}</span>
        <span>{most}</span>
      </div>
    </figure>
  );
}

type Place = (value: number) => number;

function pathOf(points: Line['points'], left: Place, top: Place): string {
  let pen = 'M';
  return points
    .map(([x, y]) => {
      const at = top(y);
      if (!Number.isFinite(at)) {
        pen = 'M';
        return '';
      }
      const move = `${pen}${left(x).toFixed(2)} ${at.toFixed(2)}`;
      pen = 'L';
      return move;
    })
    .join('');
}

/** A line without length has round ends, which no stretching of the picture changes. */
function dotsOf(points: Line['points'], left: Place, top: Place): string {
  return points
    .filter(([, y]) => Number.isFinite(top(y)))
    .map(([x, y]) => `M${left(x).toFixed(2)} ${top(y).toFixed(2)}h0`)
    .join('');
}

function axisOf(values: readonly number[], log: boolean) {
  const least = values.length > 0 ? Math.min(...values) : 0;
  const greatest = values.length > 0 ? Math.max(...values) : 1;
  if (log) {
    // 1, 2 and 5 of each power of ten; of many powers each, or some
    const marks = Array.from(
      { length: 121 },
      (_, i) => Math.log10([1, 2, 5][i % 3]) + Math.floor(i / 3) - 20,
    );
    const below = marks.findLastIndex((mark) => mark <= least);
    const above = marks.findIndex((mark) => mark >= greatest && mark > marks[Math.max(0, below)]);
    const [low, high] = [marks[Math.max(0, below)], marks.at(above)!];
    const every = high - low < 2 ? 1 : 3 * Math.ceil((high - low) / 5);
    const ticks = marks
      .filter((mark, i) => mark >= low && mark <= high && i % every === 0)
      .map((mark) => 10 ** mark);
    return { low, high, ticks };
  }
  const room = greatest - least || 1;
  const [unit] = [1, 2, 5, 10]
    .map((each) => each * 10 ** Math.floor(Math.log10(room / 4)))
    .filter((each) => room / each <= 5);
  const [first, last] = [Math.floor(least / unit), Math.ceil(greatest / unit)];
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * unit);
  return { low: first * unit, high: Math.max(last, first + 1) * unit, ticks };
}
