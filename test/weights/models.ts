import { readFileSync } from 'node:fs';
import { createModel, type ModelChoices, type ModelOptions } from '../../src/nn/index.ts';
import { createRandom } from '../../src/random.ts';

/** Models of the registry, each with the names and shapes that models.py has for its module of PyTorch. */
interface Cases {
  input: [number, number, number];
  classes: number;
  cases: {
    model: string;
    options: Pick<ModelOptions, 'norm'> & ModelChoices;
    state: Record<string, number[]>;
  }[];
}

const file = JSON.parse(readFileSync(new URL('models.json', import.meta.url), 'utf8')) as Cases;

export const { input, cases } = file;

export function buildCase({ model, options }: Cases['cases'][number], seed = 1) {
  return createModel(model, { input, classes: file.classes, ...options, random: createRandom(seed) });
}
