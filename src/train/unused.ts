import { findNorm } from '../nn/norm/createNorm.ts';
import { type TriedOption, takesOption } from '../nn/norm/takesOption.ts';
import { isCode } from './code/names.ts';
import type { TrainConfig } from './config.ts';
import { takesSetting } from './optimizer.ts';
import type { SettingName } from './settings.ts';

/** Whether a setting is looked at depends on another one. */
interface Dependence {
  on: SettingName;
  isUsed(config: TrainConfig): boolean;
}

const dependences: { [Field in SettingName]?: Dependence } = {
  dropoutPlace: { on: 'dropout', isUsed: ({ dropout }) => (dropout ?? 0) > 0 },
  groups: ofNorm('groups'),
  channelsPerGroup: ofNorm('channelsPerGroup'),
  eps: ofNorm('eps'),
  normMomentum: ofNorm('momentum'),
  renormLimits: ofNorm('rMax'),
  initBy: { on: 'initFrom', isUsed: ({ initFrom }) => initFrom !== null },
  freshHead: { on: 'initFrom', isUsed: ({ initFrom }) => initFrom !== null },
  normPlacement: { on: 'norm', isUsed: ({ norm }) => norm !== 'none' },
  momentum: { on: 'optimizer', isUsed: (config) => takesSetting(config, 'momentum') },
  nesterov: { on: 'optimizer', isUsed: (config) => takesSetting(config, 'nesterov') },
  probeEvery: { on: 'probes', isUsed: ({ probes }) => probes.length > 0 },
};

/** A norm passes over the options of others, so that one set of them may stand for a whole grid of norms. */
function ofNorm(option: TriedOption): Dependence {
  return {
    on: 'norm',
    isUsed({ norm, weightNorm }) {
      // Where there are both, a norm of weights has its own defaults
      const name = norm === 'none' ? weightNorm : norm;
      if (name === null) return false;
      // What a user's file draws or counts belongs to the run: it is not tried, but believed
      return isCode(name) || takesOption(findNorm(name), option);
    },
  };
}

/**
 * Those of the fields that change nothing in this run, each with the setting because of which: a number of groups where the norm has
 * none, momentum for Adam. What a model does not take is an error of its own (createModel).
 */
export function unusedSettings(
  config: TrainConfig,
  fields: Iterable<string>,
): { field: SettingName; because: SettingName }[] {
  return [...fields].flatMap((name) => {
    const field = name as SettingName;
    const dependence = dependences[field];
    return dependence === undefined || dependence.isUsed(config) ? [] : [{ field, because: dependence.on }];
  });
}
