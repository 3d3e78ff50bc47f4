import type { SetsAnswer } from './answer.ts';

const levels = 8;

/**
 * The whole Jacobian, a row per output: runs of equal shade are one stroke. What is positive fills its row, what is negative half
 * of it, so that the sign does not hang on the colour.
 */
export function HeatMap({ answer, i }: { answer: SetsAnswer; i: number }) {
  const { size, order, rank } = answer;
  return (
    <div class="heat-map">
      <svg
        viewBox={`-2 -1 ${size + 3} ${size + 2}`}
        role="img"
        aria-label={`Heat map of all ${size} by ${size} derivatives, rank ${rank}; the row of the chosen output is framed`}
      >
        {[...runsOf(answer)].map(([level, path]) => (
          <path
            key={level}
            class={level > 0 ? 'positive' : 'negative'}
            stroke-width={level > 0 ? 1 : 0.45}
            stroke-opacity={Math.abs(level) / levels}
            d={path}
          />
        ))}
        <rect class="frame" x="0" y="0" width={size} height={size} />
        <rect class="row" x="0" y={order.indexOf(i)} width={size} height="1" />
      </svg>
    </div>
  );
}

const drawn = new WeakMap<SetsAnswer, Map<number, string>>();

function runsOf(answer: SetsAnswer): Map<number, string> {
  const before = drawn.get(answer);
  if (before) return before;
  const { size, order, backward, unit } = answer;
  const runs = new Map<number, string>();
  const shade = (value: number) => {
    const share = Math.min(1, Math.abs(value) / unit);
    return share < 1e-6 ? 0 : Math.sign(value) * Math.round(levels * Math.sqrt(share));
  };
  order.forEach((from, y) => {
    const shades = order.map((to) => shade(backward[from * size + to]));
    for (let x = 0, length = 1; x < size; x += length, length = 1) {
      while (shades[x + length] === shades[x]) length++;
      if (shades[x] !== 0) runs.set(shades[x], `${runs.get(shades[x]) ?? ''}M${x} ${y + 0.5}h${length}`);
    }
  });
  drawn.set(answer, runs);
  return runs;
}
