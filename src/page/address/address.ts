import { batch, effect, type Signal, signal } from '@preact/signals';
import * as v from 'valibot';
import type { Fields } from './fields.ts';

/**
 * The whole state of the page is its address: `#/paths?norm=layer&x=1,2,3,6`. Whoever is given the link sees the same numbers.
 * What an address says is read by schemas, and what it gets wrong is said and left at its initial value.
 */
interface Place {
  /** As it was read. */
  hash: string;
  panel: string;
  /** Of the guided path; null: not on it. */
  question: number | null;
  values: ReadonlyMap<string, string>;
}

/** A part of an address that could not be read. */
export interface Misread {
  name: string;
  text: string;
  why: string;
}

export const place = signal<Place>(readPlace());

addEventListener('hashchange', () => {
  place.value = readPlace();
});

function readPlace(): Place {
  const { hash } = location;
  const [panel, query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const values = new Map(new URLSearchParams(query));
  const question = values.get('question') ?? '';
  values.delete('question');
  return { hash, panel, question: /^[1-9]\d?$/.test(question) ? Number(question) : null, values };
}

/** The commas of lists stay: one can read them. */
function addressOf(panel: string, values: ReadonlyMap<string, string>): string {
  const query = [...values].map(
    ([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2C', ',')}`,
  );
  return `#/${panel}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

/** The same, at a question of the guided path. */
export function atQuestion(address: string, question: number | null): string {
  return question === null ? address : `${address}${address.includes('?') ? '&' : '?'}question=${question}`;
}

/** The address of a panel in a state; what is as at first is not said. */
function linkTo<State extends object>(panel: string, fields: Fields<State>, state: State): string {
  const values = new Map<string, string>();
  for (const name of namesOf(fields)) {
    const { initial, write } = fields[name];
    const text = write(state[name]);
    if (text !== write(initial)) values.set(name, text);
  }
  return addressOf(panel, values);
}

/** A panel's state: a signal for every field, which the address follows. */
type PanelState<State extends object> = { readonly [Name in keyof State]: Signal<State[Name]> };

/** The values of a panel's state, or of the part that `fields` has: what computes with them follows these signals and no others. */
export function valuesOf<State extends object>(fields: Fields<State>, state: PanelState<State>): State {
  return Object.fromEntries(namesOf(fields).map((name) => [name, state[name].value])) as State;
}

/** What an address says of a panel's state, and what it gets wrong. */
function readState<State extends object>(
  fields: Fields<State>,
  values: ReadonlyMap<string, string>,
): { state: State; misread: Misread[] } {
  const misread: Misread[] = [];
  const state = {} as State;
  for (const name of namesOf(fields)) {
    const { initial, schema } = fields[name];
    const text = values.get(name);
    state[name] = initial;
    if (text === undefined) continue;
    const found = v.safeParse(schema, text);
    if (found.success) state[name] = found.output;
    else misread.push({ name, text: text.slice(0, 80), why: found.issues[0].message });
  }
  for (const name of values.keys()) {
    if (Object.hasOwn(fields, name)) continue;
    misread.push({
      name: name.slice(0, 80),
      text: values.get(name)!.slice(0, 80),
      why: 'is nothing that this panel has',
    });
  }
  return { state, misread };
}

/** Signals for a panel's state, as the address has it now. `stop` ends their following each other. */
export function followAddress<State extends object>(panel: string, fields: Fields<State>) {
  // '' where the address names no panel, and the first one is shown.
  const begun = place.value.panel;
  const first = readState(fields, place.value.values);
  const misread = signal(first.misread);
  const entries = namesOf(fields).map((name) => [name, signal(first.state[name])]);
  const state = Object.fromEntries(entries) as PanelState<State>;

  // The address moves (a link, the back button): the signals follow.
  const stopReading = effect(() => {
    if (place.value.panel !== panel) return;
    const read = readState(fields, place.value.values);
    batch(() => {
      misread.value = read.misread;
      for (const name of namesOf(fields)) {
        if (fields[name].write(state[name].peek()) !== fields[name].write(read.state[name]))
          state[name].value = read.state[name];
      }
    });
  });
  // A signal moves (a slider): the address follows, without a step for the back button, at most a few times a second.
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isFirst = true;
  const stopWriting = effect(() => {
    const values = valuesOf(fields, state);
    if (isFirst) {
      isFirst = false;
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(() => {
      // A link has been followed, and the event that says so, or the end of this panel, is still on its way.
      const { hash, panel: now } = place.peek();
      if (location.hash !== hash || (now !== panel && now !== begun)) return;
      // The same state in other words, or with a mistake that is being told, stays as it is.
      const said = readState(fields, place.peek().values).state;
      const address = linkTo(panel, fields, values);
      if (linkTo(panel, fields, said) === address) return;
      history.replaceState(null, '', atQuestion(address, place.peek().question));
      place.value = readPlace();
    }, 150);
  });
  const stop = () => {
    clearTimeout(timer);
    stopReading();
    stopWriting();
  };
  return { state, misread, stop };
}

function namesOf<State extends object>(fields: Fields<State>): (keyof State & string)[] {
  return Object.keys(fields) as (keyof State & string)[];
}
