import { number } from '../../../teach/numbers.ts';
import type { NormTape } from '../../../teach/tape.ts';
import { Wide } from '../../parts/wide.tsx';
import type { Moment } from './moment.ts';
import { formulaOf, handedOn, short } from './words.ts';

interface DetailsProps {
  tape: NormTape;
  moment: Moment;
  node: number;
}

/** One node: how it was computed, what has come back to it along each edge, and what it hands on. With the numbers. */
export function Details({ tape: { nodes, backward }, moment, node: at }: DetailsProps) {
  const node = nodes[at];
  const name = short(node);
  const arrived = moment.arrived(at);
  const rule = backward.find((each) => each.node === at);
  const isOn =
    moment.isBackward &&
    rule !== undefined &&
    backward.indexOf(rule) < moment.step - (moment.steps - backward.length);
  const gradient = moment.gradient(at);
  const wide = Math.max(node.data.length, ...node.inputs.map((input) => nodes[input].data.length));
  const edges = nodes.flatMap(({ inputs, op }, to) =>
    op ? inputs.filter((input) => input === at).map(() => to) : [],
  );
  return (
    <section class="tape-details" aria-label={`Node ${node.label}`}>
      <h2>
        {node.label}
        {node.op
          ? `: ${name} = ${formulaOf(node, nodes)}`
          : node.isConstant
            ? ': a constant'
            : ': where the graph begins'}
      </h2>
      <Wide label={`The numbers of ${node.label}`}>
        <table>
          <tbody>
            {node.inputs.map((input, slot) => (
              <Row key={`in${slot}`} label={nodes[input].label} values={nodes[input].data} wide={wide} />
            ))}
            <Row
              label={node.op ? `= ${name}` : name}
              values={moment.isComputed(at) ? node.data : null}
              wide={wide}
              strong
            />
            {arrived.length > 0 &&
              arrived.map(({ from, slot, values }, i) => (
                <Row
                  key={`${from}.${slot}`}
                  label={`${arrived.length > 1 || edges.length > 1 ? `${i + 1}. ` : ''}from ${nodes[from].label}: ${handedOn(nodes[from], slot, nodes)}`}
                  values={values}
                  wide={wide}
                />
              ))}
            {gradient && (
              <Row
                label={arrived.length > 1 ? `d(${name}), the sum of ${arrived.length}` : `d(${name})`}
                values={gradient}
                wide={wide}
                strong
              />
            )}
            {isOn &&
              rule.sends.map(({ to, slot, values }) => (
                <Row
                  key={`to${to}.${slot}`}
                  label={`to ${nodes[to].label}: ${handedOn(node, slot, nodes)}`}
                  values={values}
                  wide={wide}
                />
              ))}
          </tbody>
        </table>
      </Wide>
      <p class="tape-note">
        {edges.length === 0
          ? 'It goes into no other operation: its gradient is what the loss says, dy.'
          : node.isConstant
            ? 'It counts as a constant, so no gradient goes back to it or through it.'
            : `It goes into ${edges.length === 1 ? 'one operation' : `${edges.length} operations`}, so ${
                edges.length === 1 ? 'one gradient comes' : `${edges.length} gradients come`
              } back${edges.length === 1 ? '' : ', and they are added'}${
                arrived.length < edges.length ? `; ${arrived.length} so far` : ''
              }.`}
      </p>
    </section>
  );
}

interface RowProps {
  label: string;
  values: readonly number[] | null;
  wide: number;
  strong?: boolean;
}

function Row({ label, values, wide, strong }: RowProps) {
  return (
    <tr class={strong ? 'tape-sum' : undefined}>
      <th scope="row">{label}</th>
      {values === null ? (
        <td colSpan={wide}>not yet</td>
      ) : (
        values.map((value, i) => <td key={i}>{number(value)}</td>)
      )}
    </tr>
  );
}
