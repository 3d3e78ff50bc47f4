import type { Kept } from './answer.ts';

const ticks = [2, 4, 8, 16, 32, 64];
const across = (m: number) => 60 * (Math.log2(m) - 1);
const down = (share: number) => 160 * (1 - share);

/** The share of its energy that a random g keeps, over m: what is expected as lines, the draws as points with their spread. */
export function KeptCurve({ points, m }: { points: readonly Kept[]; m: number }) {
  const [width, height] = [across(64), down(0)];
  return (
    <figure class="kept">
      <svg viewBox={`-42 -12 ${width + 62} ${height + 48}`} role="img" aria-label={says(points)}>
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line class="grid" x1="0" x2={width} y1={down(share)} y2={down(share)} />
            <text x="-10" y={down(share) + 4} text-anchor="end">
              {100 * share}
            </text>
          </g>
        ))}
        {ticks.map((tick) => (
          <text key={tick} x={across(tick)} y={height + 16} text-anchor="middle">
            {tick}
          </text>
        ))}
        <text x={width / 2} y={height + 32} text-anchor="middle">
          m
        </text>
        {[0, 1, 2].map((lost) => (
          <path key={lost} class={`expected lost-${lost}`} d={expected(lost)} />
        ))}
        {points.map((point) => (
          <g key={point.m} class={point.m === m ? 'draws now' : 'draws'}>
            <line x1={across(point.m)} x2={across(point.m)} y1={down(point.low)} y2={down(point.high)} />
            <circle cx={across(point.m)} cy={down(point.mean)} r={point.m === m ? 5 : 3} />
          </g>
        ))}
      </svg>
      <figcaption>
        Percent of the energy of g that reaches x. Lines: <b class="lost-0">all</b> where the statistics are
        constants, <b class="lost-1">(m − 1)/m</b> for RMSNorm (dashed), <b class="lost-2">(m − 2)/m</b> for
        norms with a mean (solid). Points: the mean of the draws; bars: eight of ten draws.
      </figcaption>
    </figure>
  );
}

function expected(lost: number): string {
  const at = Array.from({ length: 41 }, (_, i) => 2 ** (1 + i / 8));
  return `M${at.map((m) => `${across(m).toFixed(1)} ${down((m - lost) / m).toFixed(1)}`).join('L')}`;
}

function says(points: readonly Kept[]): string {
  const known = points.map(({ m, mean }) => `m = ${m}: ${Math.round(100 * mean)} %`);
  return `Share of the energy of a random g that is left. ${known.join(', ')}`;
}
