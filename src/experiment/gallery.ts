import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from '../charts/markdownTable.ts';
import { formatSummary } from '../charts/statistics.ts';
import { plural } from '../errors.ts';
import { writeWholeFile } from '../wholeFile.node.ts';
import { judgeInTorch } from './besideTorch.ts';
import { countOutcomes, judgementText, outcomeMarks, outcomeText } from './claimText.ts';
import { figureFile, writeFigures } from './figureFiles.ts';
import { readAllTorch, type StoredTorch, torchPlan } from './inTorch.ts';
import { planRuns } from './plan.ts';
import type { Experiment } from './spec.ts';
import { checkClaims, readStored, type StoredExperiment } from './stored.ts';
import { endTable, publishedTable } from './tables.ts';
import { besides, seedList, torchNote, torchText } from './torchText.ts';

const origin = '<!-- Made by `npm run gallery` from results/*.json. Change the experiments instead. -->';

/**
 * README.md in `folder` and a figure per experiment in results/, from the results that lie there. Claims are checked
 * anew, so that a claim that was changed after its runs shows what it says of them now. Returns the files' names.
 */
export function writeGallery(folder: string, experiments: readonly Experiment[]): string[] {
  const stored = readStored(join(folder, 'results'));
  const shown = experiments.filter(({ name }) => stored.has(name));
  const figures = shown.flatMap((experiment) => {
    const { runs, settings } = stored.get(experiment.name)!;
    return writeFigures(join(folder, 'results'), experiment, runs, `${settings}.`);
  });
  const inTorch = readAllTorch(join(folder, 'results'));
  const about = readAbout(join(folder, 'results'));
  writeWholeFile(join(folder, 'README.md'), galleryText(experiments, stored, inTorch, about));
  return ['README.md', ...figures.map((file) => `results/${file}`)];
}

/** What whoever made the results has to say of all of them, such as of their data: about.md beside them. */
export function readAbout(results: string): string | undefined {
  const file = join(results, 'about.md');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

export function galleryText(
  experiments: readonly Experiment[],
  stored: ReadonlyMap<string, StoredExperiment>,
  inTorch: ReadonlyMap<string, StoredTorch> = new Map(),
  about?: string,
): string {
  const shown = experiments.filter(({ name }) => stored.has(name));
  const others = experiments.filter(({ name }) => !stored.has(name));
  return `${[
    origin,
    '# Experiments',
    'Each is one file: a question, a grid of runs, a figure, and claims that the program itself judges. ' +
      '`normgrad experiment NAME --data-dir DIR` runs one whole, `experiment --list` names all, and `--smoke` tries one ' +
      'on drawn digits in under a minute.',
    'A claim is held where the whole 95 % confidence interval over the seeds is as wanted, failed where none of it is, and otherwise not ' +
      'decided by so many seeds. Arms are compared seed by seed, for with the same seed they see the same images in the same order; the ' +
      "interval is that of Student's t for the mean of these differences, or of the logarithms of ratios; of a number that is made of all seeds at " +
      'once, such as a spread, that of the jackknife. Of a claim that is made of several comparisons each has its own interval, and nothing is corrected for their ' +
      'number: one of ten is held by chance more often than one alone. A claim that failed stands here as failed.',
    'An experiment of your own may lie anywhere: take [small-batch-mlp.ts](small-batch-mlp.ts) as a model, import from ' +
      '`normgrad/experiment` instead, and run it by its path: `normgrad experiment ./mine.ts`.',
    ...(about === undefined ? [] : [about]),
    ...torchNote(shown, stored, inTorch),
    summaryTable(shown, stored),
    ...shown.map((experiment) =>
      section(experiment, stored.get(experiment.name)!, inTorch.get(experiment.name)),
    ),
    ...(others.length === 0
      ? []
      : [
          '## Not run in full yet',
          'No numbers of these are here yet: `normgrad experiment NAME --data-dir DIR --save experiments/results` makes them, over as many ' +
            'sessions as it takes if `--out FOLDER` is the same, and with `--dry-run` it says how long that is.',
          others.map(({ name, question }) => `* [\`${name}\`](${name}.ts): ${question}`).join('\n'),
        ]),
  ].join('\n\n')}\n`;
}

function summaryTable(
  experiments: readonly Experiment[],
  stored: ReadonlyMap<string, StoredExperiment>,
): string {
  const rows = experiments.map((experiment) => {
    const { runs, wallMinutes } = stored.get(experiment.name)!;
    const claims = checkClaims(experiment, runs);
    const { held, failed, undecided } = countOutcomes(claims);
    return [
      `[${experiment.name}](#${experiment.name})`,
      experiment.question,
      `${held} / ${failed} / ${undecided}`,
      String(runs.length),
      wallMinutes.toFixed(1),
    ];
  });
  return markdownTable(
    ['experiment', 'question', 'claims held / failed / undecided', 'runs', 'minutes'],
    rows,
    2,
  );
}

function section(experiment: Experiment, stored: StoredExperiment, inTorch: StoredTorch | undefined): string {
  const { name, title, question, source, remarks, panels = [] } = experiment;
  const { runs, settings, seeds, wallMinutes, node, kernels, normgrad, engine } = stored;
  const ends = endTable(experiment, runs);
  const published = publishedTable(experiment, runs, inTorch?.runs);
  const claims = checkClaims(experiment, runs).map((claim, i) => {
    const text = `* ${outcomeMarks[claim.outcome]} **${outcomeText(claim)}**: ${claim.says} (${judgementText(claim)}.)`;
    const theirs = inTorch && judgeInTorch(experiment.claims[i], runs, inTorch.runs);
    return theirs
      ? `${text} *In PyTorch* ${outcomeText(theirs)}: ${judgementText(theirs, { brief: true })}.`
      : text;
  });
  const pictures = [title, ...panels.map((panel) => panel.title)]
    .map((each, i) => `![${each}](results/${figureFile(name, i)})`)
    .join('\n\n');
  const lost = (['diverged', 'failed'] as const)
    .map((how) => ({ how, count: runs.filter(({ status }) => status === how).length }))
    .filter(({ count }) => count > 0)
    .map(({ how, count }) => `, ${count} of them ${how}`)
    .join('');
  return [
    `## ${name}`,
    `**${question}** ${source.paper}`,
    pictures,
    claims.join('\n'),
    `${ends.title[0].toUpperCase()}${ends.title.slice(1)}, mean ± std over n = ${plural(seeds.length, 'seed')}:`,
    markdownTable(
      [ends.corner, ...ends.columns],
      ends.rows.map((row) => [row, ...ends.columns.map((column) => formatSummary(ends.cell(row, column)))]),
    ),
    ...(published.rows.length === 0
      ? []
      : [`Beside ${besides(published.heads)}:`, markdownTable(published.heads, published.rows)]),
    ...(inTorch ? [torchText(inTorch, torchPlan(experiment, planRuns(experiment, { seeds })).length)] : []),
    ...(remarks ? [remarks] : []),
    `*As in the source:* ${source.kept} *Scaled:* ${source.scaled}`,
    `${runs.length} runs${lost}: ${settings}; ` +
      `${seedList(seeds)}; ${wallMinutes.toFixed(1)} minutes by the clock on a CPU (normgrad ${normgrad}, ` +
      `kernels: ${kernels}, Node ${node}; ${engine ? `made ${engine.made} by engine ${engine.digest}` : 'made by an older engine'}). [Definition](${name}.ts), [results](results/${name}.json).`,
  ].join('\n\n');
}
