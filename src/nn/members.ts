import { isPlain } from '../options.ts';

/**
 * What an object holds: its properties, and what lies in the arrays, plain objects, Maps and Sets among them. Values of other
 * classes are not looked into, and #private fields cannot be seen at all.
 */
export interface Member<T> {
  /** The way to it: `heads.left.0`. */
  name: string;
  value: T;
  /** Puts another value in its place. */
  replace(value: T): void;
}

/** The values inside `owner` that `isWanted`, in the order in which they were put there. Links back do no harm. */
export function membersOf<T extends object>(
  owner: object,
  isWanted: (value: object) => value is T,
): Member<T>[] {
  const found: Member<T>[] = [];
  const seen = new Set<object>();
  const look = (container: object, path: string) => {
    seen.add(container);
    for (const [key, value, replace] of slotsOf(container)) {
      if (value === null || typeof value !== 'object') continue;
      const name = path === '' ? key : `${path}.${key}`;
      if (isWanted(value)) found.push({ name, value, replace });
      else if (isContainer(value) && !seen.has(value)) look(value, name);
    }
  };
  look(owner, '');
  return found;
}

/** Turns names of things around; throws where two things share one, since a state would keep only the second. */
export function byName<T extends object>(names: ReadonlyMap<T, string>): Map<string, T> {
  const found = new Map<string, T>();
  for (const [thing, name] of names) {
    if (found.has(name)) {
      throw new Error(
        `two different members of a module have the name "${name}". Rename a key that has a dot in it, or one of the properties.`,
      );
    }
    found.set(name, thing);
  }
  return found;
}

type Slot = [key: string, value: unknown, replace: (value: unknown) => void];

function slotsOf(container: object): Slot[] {
  if (container instanceof Map) {
    return [...container].map(([key, value], i) => [
      typeof key === 'string' || typeof key === 'number' ? String(key) : String(i),
      value,
      (next) => container.set(key, next),
    ]);
  }
  if (container instanceof Set) {
    return [...container].map((value, i) => [String(i), value, (next) => replaceIn(container, value, next)]);
  }
  const slots = container as Record<string, unknown>;
  return Object.entries(slots).map(([key, value]) => [
    key,
    value,
    (next) => {
      slots[key] = next;
    },
  ]);
}

/** In its old place: the order of a Set is that of adding. */
function replaceIn(set: Set<unknown>, old: unknown, next: unknown): void {
  const all = [...set];
  set.clear();
  for (const each of all) set.add(each === old ? next : each);
}

function isContainer(value: object): boolean {
  return Array.isArray(value) || value instanceof Map || value instanceof Set || isPlain(value);
}
