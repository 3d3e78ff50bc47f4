import { dirname, resolve } from 'node:path';
import { experiments } from '../../../experiments/index.ts';
import { CodeError, shown, unknownName } from '../../errors.ts';
import { defineExperiment } from '../../experiment/define.ts';
import type { Experiment } from '../../experiment/spec.ts';
import { shownPath } from '../../train/code/files.ts';
import { importCode } from '../../train/code/import.ts';
import { isPath } from '../../train/code/names.ts';
import { UsageError } from '../exit.ts';

/** The experiment of that name, or the one in a file; `otherwise` are further hints for a name that is unknown. */
export async function findExperiment(name: string, otherwise: string[] = []): Promise<Experiment> {
  if (isPath(name)) return loadExperiment(name);
  const known = experiments.find((each) => each.name === name);
  if (known) return known;
  const names = experiments.map((each) => each.name);
  throw new UsageError(unknownName('experiment', name, names), [
    `one of: ${names.join(', ')}`,
    'or a file whose default export is an experiment (.ts, .mjs)',
    ...otherwise,
  ]);
}

/** The experiment that a user's file exports by default. The file may lie anywhere; paths in it are from its folder on. */
async function loadExperiment(name: string): Promise<Experiment> {
  const path = resolve(name);
  const must = "defineExperiment({ … }), with defineExperiment from 'normgrad/experiment'";
  const spec = await importCode(path, must);
  if (typeof spec !== 'object' || spec === null) {
    throw new CodeError(`${shownPath(path)} exports no experiment, but ${shown(spec)}`, [
      `it must say: export default ${must}`,
    ]);
  }
  return defineExperiment({ folder: dirname(path), ...(spec as Experiment) });
}
