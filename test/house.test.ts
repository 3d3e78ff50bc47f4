import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * The rules of the house: imports go down the layers, never up, and what must run in a browser imports nothing of Node.
 * A file breaks them quietly; this test does not.
 */
const src = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');

/**
 * What each folder of src may import besides itself. Files directly in src (random, platform) are below all of them; '..' is
 * the experiments, which the command line runs.
 */
const below: Record<string, string[]> = {
  kernels: [],
  autograd: ['kernels'],
  nn: ['autograd', 'kernels'],
  optim: ['nn', 'autograd', 'kernels'],
  data: ['autograd', 'kernels'],
  weights: ['data', 'nn', 'autograd', 'kernels'],
  train: ['data', 'optim', 'nn', 'autograd', 'kernels'],
  runs: ['weights', 'train', 'data', 'optim', 'nn', 'autograd', 'kernels'],
  charts: ['autograd', 'kernels'],
  experiment: ['charts', 'runs', 'train', 'data', 'optim', 'nn', 'autograd', 'kernels'],
  pytorch: ['experiment', 'charts', 'runs', 'weights', 'train', 'data', 'optim', 'nn', 'autograd', 'kernels'],
  verify: ['optim', 'nn', 'autograd', 'kernels'],
  teach: ['charts', 'nn', 'autograd', 'kernels'],
  page: ['teach', 'charts', 'verify', 'train', 'data', 'optim', 'nn', 'autograd', 'kernels'],
  cli: [
    '..',
    'experiment',
    'pytorch',
    'teach',
    'charts',
    'verify',
    'runs',
    'weights',
    'train',
    'data',
    'optim',
    'nn',
    'autograd',
    'kernels',
  ],
};

/** Folders in which nothing imports itself, not even a type, by whatever way. */
const withoutCircles = ['nn/models', 'train', 'runs', 'experiment', 'cli'];

const runsInBrowser = ['kernels', 'autograd', 'nn', 'optim', 'data', 'weights', 'page'];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));

function imports(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]);
}

/** The files of src that a file imports, values and types. */
function targets(file: string): string[] {
  return imports(file)
    .filter((target) => target.startsWith('.'))
    .map((target) => relative(src, resolve(src, dirname(file), target)));
}

/** A way from `file` back to itself that stays in `folder`. */
function circleThrough(file: string, folder: string): string[] | undefined {
  const ways = [[file]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of targets(way[way.length - 1])) {
      if (next === file) return [...way, file];
      if (seen.has(next) || !next.startsWith(`${folder}/`)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

describe('the house', () => {
  it.each(Object.keys(below))('%s imports only the layers below it', (layer) => {
    const wrong = files
      .filter((file) => file.startsWith(`${layer}/`))
      .flatMap((file) =>
        targets(file)
          .filter(
            (target) => target.includes('/') && ![layer, ...below[layer]].includes(target.split('/')[0]),
          )
          .map((target) => `${file} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it.each(withoutCircles)('%s has no circle of imports', (folder) => {
    const own = files.filter((file) => file.startsWith(`${folder}/`));
    expect(own.flatMap((file) => circleThrough(file, folder)?.join(' > ') ?? [])).toEqual([]);
  });

  it('has no folder of src that this test does not know', () => {
    const folders = new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]));
    expect([...folders].filter((folder) => !(folder in below))).toEqual([]);
  });

  it('imports node: only from *.node.ts in what runs in a browser', () => {
    const wrong = files
      .filter((file) => runsInBrowser.includes(file.split('/')[0]) && !file.endsWith('.node.ts'))
      .filter((file) =>
        imports(file).some((target) => target.startsWith('node:') || target.endsWith('.node.ts')),
      );
    expect(wrong).toEqual([]);
  });
});

/** Test files of a worker share the modules, and so the choice of kernels: one left behind changes the bits of the next file. */
it('test files that choose kernels put back what they found', () => {
  const tests = readdirSync(join(src, '../test'), { recursive: true, encoding: 'utf8' });
  const choosing = tests
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('house'))
    .filter((file) => /\b(useKernels|setWinograd)\(/.test(readFileSync(join(src, '../test', file), 'utf8')));
  expect(choosing.length).toBeGreaterThan(1);
  for (const file of choosing) {
    expect(readFileSync(join(src, '../test', file), 'utf8'), file).toMatch(
      /useKernels\(before\)|setWinograd\(initially\)/,
    );
  }
});
