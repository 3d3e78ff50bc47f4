/** What the gallery says of PyTorch's runs. */
import { plural } from '../errors.ts';
import { type Agreement, agreement, type MadeTwice, madeTwice } from './besideTorch.ts';
import type { StoredTorch } from './inTorch.ts';
import type { RunRecord } from './results.ts';
import type { Experiment } from './spec.ts';
import type { StoredExperiment } from './stored.ts';

/** How the rows of all tables with a column of PyTorch came out, where there are such. */
export function torchNote(
  experiments: readonly Experiment[],
  stored: ReadonlyMap<string, StoredExperiment>,
  inTorch: ReadonlyMap<string, StoredTorch>,
): string[] {
  const found = experiments.flatMap((experiment) => {
    const theirs = inTorch.get(experiment.name);
    return theirs ? [agreement(experiment, stored.get(experiment.name)!.runs, theirs.runs)] : [];
  });
  const sum = (what: keyof Agreement) => found.reduce((total, each) => total + each[what], 0);
  const runsOf = (of: ReadonlyMap<string, { runs: readonly RunRecord[] }>) =>
    experiments.flatMap(({ name }) => of.get(name)?.runs ?? []);
  return found.length === 0
    ? []
    : [
        'A column *PyTorch* has the same runs there, made by `normgrad experiment NAME --pytorch`: the same first weights, batches, ' +
          'augmentation and masks of dropout, so that only rounding differs, which a run soon makes large. Beside it stands ours minus ' +
          `PyTorch's, the mean over the seeds ± half of its 95 % interval: **${sum('same')} of ${plural(sum('rows'), 'row')} are the same in ` +
          `every seed, and ${sum('apart')} differ by an interval without 0**, and by more than rounding, or by a seed that ends in one engine only. By chance alone it would be ` +
          '1 in 20 of those that differ at all; but rows of one experiment share its seeds, and where one seed differs the interval always has a ' +
          '0. A claim about runs that PyTorch has, too, is judged on both: ' +
          `**${sum('alike')} of ${sum('claims')} come out alike**.`,
        ...twiceText(madeTwice(runsOf(inTorch), runsOf(stored))),
      ];
}

function twiceText({ runs, apart, same }: MadeTwice): string[] {
  if (runs === 0) return [];
  return [
    `PyTorch was asked twice for ${plural(runs, 'run')} that two experiments have in common: its test accuracies are up to ` +
      `${(100 * apart).toPrecision(2)} points from one another. Of ours, ${same} of ${runs} have the same weights both times, bit by bit.`,
  ];
}

/** What stands in the columns of that table. */
export function besides(heads: readonly string[]): string {
  const what = { published: 'what was published', PyTorch: 'the same runs in PyTorch' };
  return heads.flatMap((head) => what[head as keyof typeof what] ?? []).join(' and ');
}

/** `seed 1`, `seeds 1, 2` */
export function seedList(seeds: readonly number[]): string {
  return `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
}

/** Where the column of PyTorch is from, and how many of its runs are still to be made. */
export function torchText(
  { name, torch, normgrad, made, minutes, runs }: StoredTorch,
  planned: number,
): string {
  const count =
    runs.length < planned ? `${runs.length} of ${plural(planned, 'run')}` : plural(planned, 'run');
  const seeds = seedList([...new Set(runs.map(({ seed }) => seed))]);
  return (
    `*In PyTorch:* ${count} of PyTorch ${torch}, ${seeds}, with normgrad ${normgrad}; ` +
    `${minutes.toFixed(1)} minutes, made ${made}. [Runs](results/${name}.pytorch.json).`
  );
}
