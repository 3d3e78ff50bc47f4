import { norms } from 'virtual:norms';
import type { Signal } from '@preact/signals';

interface ChoiceProps<Value extends string> {
  label: string;
  value: Signal<Value>;
  /** What there is to choose, with its words; a plain list is its own words. */
  choices: readonly (Value | readonly [Value, string])[];
}

/** One of a few: radio buttons side by side. */
export function Choice<Value extends string>({ label, value, choices }: ChoiceProps<Value>) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {choices.map((choice) => {
        const [each, words] = typeof choice === 'string' ? [choice, choice] : choice;
        return (
          <label key={each}>
            <input
              type="radio"
              name={label}
              checked={value.value === each}
              onChange={() => (value.value = each)}
            />
            <span>{words}</span>
          </label>
        );
      })}
    </fieldset>
  );
}

interface NormProps {
  label?: string;
  value: Signal<string>;
  fits?: (norm: (typeof norms)[number]) => boolean;
  /** Words beside the norms: none. */
  also?: readonly string[];
}

/** A norm of the registry. */
export function NormChoice({ label = 'Norm', value, fits = () => true, also = [] }: NormProps) {
  const shown = norms.filter(fits);
  const options = (kind: 'activation' | 'weight') =>
    shown
      .filter((norm) => norm.kind === kind)
      .map(({ name, title }) => (
        <option key={name} value={name}>
          {title}
        </option>
      ));
  return (
    <label class="field">
      {label}
      <select value={value.value} onChange={({ currentTarget }) => (value.value = currentTarget.value)}>
        {also.map((word) => (
          <option key={word}>{word}</option>
        ))}
        {shown.some(({ kind }) => kind === 'weight') ? (
          <>
            <optgroup label="of activations">{options('activation')}</optgroup>
            <optgroup label="of weights">{options('weight')}</optgroup>
          </>
        ) : (
          options('activation')
        )}
      </select>
    </label>
  );
}

interface RangeProps {
  label: string;
  value: Signal<number>;
  least: number;
  most: number;
  step?: number;
  /** The value in words. */
  says?: (value: number) => string;
}

/** A number that one slides. Its value is no `output`: an `output` would take the label from the slider. */
export function Range({ label, value, least, most, step = 1, says = String }: RangeProps) {
  return (
    <label class="field">
      <span>
        {label} <b aria-hidden="true">{says(value.value)}</b>
      </span>
      <input
        type="range"
        min={least}
        max={most}
        step={step}
        value={value.value}
        aria-valuetext={says(value.value)}
        onInput={({ currentTarget }) => (value.value = Number(currentTarget.value))}
      />
    </label>
  );
}
