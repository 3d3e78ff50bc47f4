import { CodeError, shown } from '../../errors.ts';
import { isPlain } from '../../options.ts';
import { shownPath } from '../code/files.ts';
import { exportOf } from '../code/import.ts';
import { isCode } from '../code/names.ts';
import { drift } from './drift.ts';
import { inputCondition } from './inputCondition.ts';
import { instancePower } from './instancePower.ts';
import { keptGradient } from './keptGradient.ts';
import { landscape } from './landscape.ts';
import { layerInputs } from './layerInputs.ts';
import type { ProbeName, ProbeValues } from './names.ts';
import { type Probe, type ProbeContext, undisturbed } from './probe.ts';
import { statistics } from './statistics.ts';
import { test } from './test.ts';
import { varianceShift } from './varianceShift.ts';
import { weightGradients } from './weightGradients.ts';

/** What can be measured between the steps of a run, beside its scores. */
export const probes: Readonly<Record<ProbeName, Probe>> = {
  test,
  drift,
  instancePower,
  inputCondition,
  keptGradient,
  landscape,
  layerInputs,
  statistics,
  varianceShift,
  weightGradients,
};

/** What a probe, by its name or the file of a user, sees of the run, which is left as it was. */
export async function measure(probe: string, context: ProbeContext): Promise<ProbeValues> {
  const look = isCode(probe) ? checked(exportOf(probe) as Probe, probe) : probes[probe as ProbeName];
  return undisturbed(context.model, () => look(context));
}

/** A user's probe may return anything, and change what it should not. */
function checked(probe: Probe, path: string): Probe {
  const wrong = (problem: string, hint: string) => new CodeError(`${shownPath(path)}: ${problem}`, [hint]);
  return async (context) => {
    const before = [...context.model.namedParameters()].map(
      ([name, { data }]) => [name, data.slice()] as const,
    );
    const values: unknown = await probe(context);
    const after = context.model.namedParameters();
    const moved = before.find(([name, data]) =>
      after.get(name)?.data.some((value, i) => !Object.is(value, data[i])),
    );
    if (moved) {
      throw wrong(
        `its probe has changed the weights ${moved[0]}, and the run with them`,
        'a probe puts back what it changes',
      );
    }
    const problem = problemOf(values);
    if (problem === undefined) return values as ProbeValues;
    throw wrong(
      `a probe returns numbers, or lists of numbers, by name; ${problem}`,
      'such as: return { gradientNorm: 0.5, perLayer: [0.1, 0.4] }',
    );
  };
}

function problemOf(values: unknown): string | undefined {
  if (!isPlain(values)) return `got ${shown(values)}`;
  if (Object.keys(values).length === 0) return 'it returned none';
  const isNumbers = (value: unknown) =>
    Array.isArray(value) && value.every((each) => typeof each === 'number');
  const odd = Object.entries(values).find(([, value]) => typeof value !== 'number' && !isNumbers(value));
  return odd && `${odd[0]} is ${shown(odd[1])}`;
}
