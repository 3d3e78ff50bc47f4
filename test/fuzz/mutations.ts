import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';

/** One change to a file, as fast-check draws it: what is printed of a failure is enough to do it again. */
export type Mutation =
  | { how: 'cut' | 'grow'; at: number }
  | { how: 'flip'; at: readonly number[] }
  | { how: 'bytes'; bytes: Uint8Array; at: number }
  | { how: 'node'; at: number; value: unknown }
  | { how: 'key'; at: number; key: string; value: unknown }
  | { how: 'drop' | 'copy'; at: number }
  | { how: 'text'; text: string }
  | { how: 'before'; text: string }
  | { how: 'crlf' | 'folder' | 'missing' | 'device' | 'dangling' };

/** Values that have broken something somewhere. */
const hostile: readonly unknown[] = [
  ...[null, true, false, 0, -1, -0.5, 1.5, 1e9, 1e15, 2 ** 53, 1e300],
  ...['', 'NaN', 'Infinity', '-Infinity', '0', 'null', ' ', '\u0000', '\u202e', '🙂', 'x'.repeat(5000)],
  ...['../victim', '..', '.', '/', 'a/b', 'a\\b', 'CON', '-rf', '../../../etc/passwd', 'sweep/../../victim'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'none',
    'batch',
    'done',
    'running',
    'failed',
    'diverged',
    'interrupted',
  ],
  ...[[], {}, [[]], [null], [1, 'a'], { length: 3 }, { __proto__: null }, [Number.MAX_VALUE], ['../victim']],
];

const texts = [
  ...['', ' ', '\n', '{}', '[]', 'null', 'true', '0', '"text"', '{', '[1', 'NaN', '<html></html>'],
  '['.repeat(60_000),
  `${'['.repeat(9000)}${']'.repeat(9000)}`,
  `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`,
  `{"a":"${'x'.repeat(100_000)}"}`,
];

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...hostile) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);
const keys = fc.constantFrom(
  'extra',
  '__proto__',
  'constructor',
  'toString',
  'id',
  'seed',
  'dataDir',
  'out',
  'norm',
  'version',
  '',
);

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ how: fc.constant('node' as const), at: place, value }) },
  { weight: 2, arbitrary: fc.record({ how: fc.constant('key' as const), at: place, key: keys, value }) },
  { weight: 3, arbitrary: fc.record({ how: fc.constantFrom('drop' as const, 'copy' as const), at: place }) },
  { weight: 2, arbitrary: fc.record({ how: fc.constantFrom('cut' as const, 'grow' as const), at: place }) },
  {
    weight: 3,
    arbitrary: fc.record({
      how: fc.constant('flip' as const),
      at: fc.array(place, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      how: fc.constant('bytes' as const),
      at: place,
      bytes: fc.uint8Array({ maxLength: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('text' as const), text: fc.constantFrom(...texts) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      how: fc.constant('before' as const),
      text: fc.constantFrom('\uFEFF', '\n', '//\n', '\u0000'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      how: fc.constantFrom(
        'crlf' as const,
        'folder' as const,
        'missing' as const,
        'device' as const,
        'dangling' as const,
      ),
    }),
  },
);

/** Puts the changed file in the place of the whole one. */
export function mutate(path: string, content: Uint8Array, change: Mutation): void {
  rmSync(path, { recursive: true, force: true });
  if (change.how === 'folder') mkdirSync(path);
  else if (change.how === 'device') symlinkSync('/dev/zero', path);
  else if (change.how === 'dangling') symlinkSync(`${path}.nowhere`, path);
  else if (change.how !== 'missing') writeFileSync(path, changed(content, change));
}

function changed(content: Uint8Array, change: Mutation): Uint8Array | string {
  const text = () => Buffer.from(content).toString('utf8');
  const index = (at: number) => Math.floor(at * content.length);
  switch (change.how) {
    case 'cut':
      return content.slice(0, index(change.at));
    case 'grow':
      return Buffer.concat([content, content.slice(0, index(change.at))]);
    case 'flip': {
      const copy = content.slice();
      for (const at of change.at) copy[index(at)] ^= 1 << (Math.floor(at * 1e6) % 8);
      return copy;
    }
    case 'bytes': {
      const copy = content.slice();
      copy.set(change.bytes.subarray(0, content.length - index(change.at)), index(change.at));
      return copy;
    }
    case 'text':
      return change.text;
    case 'before':
      return change.text + text();
    case 'crlf':
      return text().replaceAll('\n', '\r\n');
    default: {
      const header = headerOf(content);
      return header === undefined ? inJson(text(), change) : withHeader(content, inJson(header, change));
    }
  }
}

/** The JSON in front of a .safetensors file; undefined for other files. */
function headerOf(content: Uint8Array): string | undefined {
  if (content.length < 9 || content[8] !== 0x7b) return undefined;
  const length = new DataView(content.buffer, content.byteOffset).getBigUint64(0, true);
  return length > content.length - 8
    ? undefined
    : Buffer.from(content.subarray(8, 8 + Number(length))).toString();
}

/** The numbers of a .safetensors file behind another header. */
function withHeader(content: Uint8Array, header: string): Uint8Array {
  const length = Number(new DataView(content.buffer, content.byteOffset).getBigUint64(0, true));
  const bytes = Buffer.from(header);
  return Buffer.concat(
    [BigUint64Array.of(BigInt(bytes.length)), bytes, content.subarray(8 + length)].map(asBytes),
  );
}

const asBytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** A change to one value somewhere in a file of JSON, or in a line of a file of lines; to others, the JSON of a value alone. */
function inJson(text: string, change: Mutation): string {
  const lines = text.includes('\n{') && text.startsWith('{"t"') ? text.trimEnd().split('\n') : [text];
  const which = 'at' in change && typeof change.at === 'number' ? change.at : 0;
  const chosen = Math.floor(which * lines.length);
  let root: unknown;
  try {
    root = JSON.parse(lines[chosen]);
  } catch {
    return JSON.stringify('value' in change ? change.value : null) ?? '';
  }
  const spots: { parent: Record<string, unknown>; key: string }[] = [];
  const whole: Record<string, unknown> = { root };
  const collect = (parent: Record<string, unknown>) => {
    for (const key of Object.keys(parent)) {
      spots.push({ parent, key });
      const child = parent[key];
      if (typeof child === 'object' && child !== null) collect(child as Record<string, unknown>);
    }
  };
  collect(whole);
  const { parent, key } = spots[Math.floor(((which * 7919) % 1) * spots.length)];
  const target = parent[key];
  if (change.how === 'node') parent[key] = change.value;
  else if (change.how === 'drop') delete parent[key];
  else if (change.how === 'copy') {
    if (Array.isArray(target)) target.push(...target);
    else if (Array.isArray(parent)) parent.push(target);
    else parent[`${key}2`] = target;
  } else if (change.how === 'key' && typeof target === 'object' && target !== null) {
    Object.defineProperty(target, change.key, { value: change.value, enumerable: true, configurable: true });
  }
  lines[chosen] = JSON.stringify(whole.root) ?? '';
  return `${lines.join('\n')}\n`;
}
