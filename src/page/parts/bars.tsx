import { number } from '../../teach/numbers.ts';
import { named } from './highlight.ts';

/** A number as a bar from zero, upwards blue, downwards orange and hatched: the sign is seen without the colour. */
export function Bar({ value, scale }: { value: number; scale: number }) {
  const share = Math.min(1, Math.abs(value) / scale) * 50 || 0;
  return (
    <svg class="bar" viewBox="0 0 20 100" preserveAspectRatio="none" aria-hidden="true">
      <rect
        class={value < 0 ? 'negative' : 'positive'}
        x="2"
        width="16"
        y={value < 0 ? 50 : 50 - share}
        height={share}
      />
      <line class="zero" x1="0" x2="20" y1="50" y2="50" />
    </svg>
  );
}

interface RowProps {
  label: string;
  values: readonly number[];
  /** The largest size that a bar shows. */
  scale: number;
  /** What is highlighted with it in formulas and pictures. */
  name?: string;
  remark?: string;
}

/** A quantity, element by element: a row of a table, each number with its bar. */
export function BarRow({ label, values, scale, name, remark }: RowProps) {
  return (
    <tr {...named(name)}>
      <th scope="row">{label}</th>
      {values.map((value, i) => (
        <td key={i}>
          <Bar value={value} scale={scale} />
          <span class="digits">{number(value)}</span>
        </td>
      ))}
      <td class="remark">{remark}</td>
    </tr>
  );
}

interface SliderRowProps extends Omit<RowProps, 'remark'> {
  step?: number;
  onInput(values: number[]): void;
}

/** The same, but each bar is a slider: it is drawn by its own end. */
export function SliderRow({ label, values, scale, name, step = 0.25, onInput }: SliderRowProps) {
  return (
    <tr {...named(name)}>
      <th scope="row">{label}</th>
      {values.map((value, i) => (
        <td key={i}>
          <span class="slider">
            <Bar value={value} scale={scale} />
            <input
              type="range"
              aria-label={`${label}, element ${i + 1}`}
              aria-valuetext={number(value)}
              min={-scale}
              max={scale}
              step={step}
              value={value}
              onInput={({ currentTarget }) =>
                onInput(values.map((each, j) => (j === i ? Number(currentTarget.value) : each)))
              }
            />
          </span>
          <span class="digits">{number(value)}</span>
        </td>
      ))}
      <td class="remark" />
    </tr>
  );
}
