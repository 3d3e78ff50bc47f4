import { useEffect, useRef } from 'preact/hooks';
import type { NormTape } from '../../../teach/tape.ts';
import { Wide } from '../../parts/wide.tsx';
import { box, layoutOf } from './layout.ts';
import type { Moment } from './moment.ts';
import { few } from './words.ts';

interface GraphProps {
  tape: NormTape;
  moment: Moment;
  looked: number;
  onLook(node: number): void;
}

/** The graph as autograd has it: a node is a button, data above and gradient below; gradients go up the edges. */
export function Graph({ tape, moment, looked, onLook }: GraphProps) {
  const { nodes } = tape;
  const { width, height, places, edges } = layoutOf(nodes);
  const own = useRef<HTMLDivElement>(null);
  // On a phone, what happens is brought into view: sideways only, the page stays where it is.
  useEffect(() => {
    const view = own.current!.parentElement!;
    view.scrollLeft = places[looked].x + (box.width - view.clientWidth) / 2;
  }, [looked, tape]);
  // Numbered as they arrive.
  const arrivals = tape.backward.flatMap(({ node, sends }) =>
    sends.filter(({ to }) => to === 0).map(({ slot }) => `${node}.${slot}`),
  );
  return (
    <Wide label="The graph of operations">
      <div class="tape-graph" ref={own} style={{ width: `${width}px`, height: `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true">
          <marker
            id="tape-down"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0 8 4 0 8z" />
          </marker>
          <marker
            id="tape-up"
            viewBox="0 0 8 8"
            refX="6"
            refY="4"
            markerWidth="11"
            markerHeight="11"
            markerUnits="userSpaceOnUse"
            orient="auto-start-reverse"
          >
            <path d="M0 0 8 4 0 8z" />
          </marker>
          {edges.map(({ to, slot, points }) => {
            const state = moment.edge(to, slot);
            return (
              <path
                key={`${to}.${slot}`}
                class={`tape-edge ${state}`}
                d={curve(points)}
                marker-end={state === 'forward' || state === 'constant' ? 'url(#tape-down)' : undefined}
                marker-start={state === 'passed' || state === 'now' ? 'url(#tape-up)' : undefined}
              />
            );
          })}
          {edges.map(({ to, slot, points: [{ x, y }], from }) => {
            const at = arrivals.indexOf(`${to}.${slot}`);
            return (
              from === 0 &&
              at >= 0 && (
                <text key={`${to}.${slot}`} class="tape-count" x={x + 7} y={y + 22}>
                  {at + 1}
                </text>
              )
            );
          })}
        </svg>
        {nodes.map((node, i) => {
          const { x, y } = places[i];
          const computed = moment.isComputed(i);
          const gradient = moment.gradient(i);
          const state = [
            moment.node === i ? 'now' : '',
            i === looked ? 'looked' : '',
            computed ? '' : 'later',
            node.isConstant ? 'constant' : '',
          ];
          return (
            <button
              type="button"
              key={i}
              class={`tape-node ${state.join(' ')}`}
              style={{ left: `${x}px`, top: `${y}px`, width: `${box.width}px`, height: `${box.height}px` }}
              aria-pressed={i === looked}
              onClick={() => onLook(i)}
              onFocus={() => onLook(i)}
            >
              <b>{node.label}</b>
              {moment.node === i && <i>{moment.isBackward ? '▴' : '▾'}</i>}
              <span>{computed ? few(node.data) : 'not yet'}</span>
              <span class="tape-grad">
                {node.isConstant
                  ? 'a constant: no gradient'
                  : gradient
                    ? `∂ ${few(gradient)}${moment.isWhole(i) ? '' : ' + …'}`
                    : '∂ –'}
              </span>
            </button>
          );
        })}
      </div>
    </Wide>
  );
}

function curve(points: readonly { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  let before = first;
  const parts = rest.map((point) => {
    const middle = (before.y + point.y) / 2;
    const part =
      before.x === point.x
        ? `V${point.y}`
        : `C${before.x} ${middle} ${point.x} ${middle} ${point.x} ${point.y}`;
    before = point;
    return part;
  });
  return `M${first.x} ${first.y}${parts.join('')}`;
}
