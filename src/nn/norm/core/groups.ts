import { checkCount } from '../../../options.ts';

function divisors(features: number): number[] {
  const small: number[] = [];
  for (let n = 1; n * n <= features; n++) if (features % n === 0) small.push(n);
  const large = small.map((n) => features / n).filter((n) => n * n > features);
  return [...small, ...large.reverse()];
}

/** The largest divisor of `features` up to 8: the paper's 32 groups are too many for the narrow networks of a CPU. */
function defaultGroups(features: number): number {
  return Math.max(...divisors(features).filter((n) => n <= 8));
}

export interface GroupOptions {
  /** How many groups; default: `defaultGroups`. */
  groups?: number;
  /** Instead: how many channels each has, the same in narrow layers and in wide ones. */
  channelsPerGroup?: number;
}

/** The number of groups of a norm over `features` channels. Throws for options that do not fit. */
export function groupsFor(features: number, options: GroupOptions): number {
  const { groups, channelsPerGroup } = options ?? {};
  checkCount('a norm in groups', 'features', features);
  if (channelsPerGroup === undefined) return groups ?? defaultGroups(features);
  if (groups !== undefined) {
    throw new Error(
      `groups (${groups}) and channelsPerGroup (${channelsPerGroup}) say the same thing twice. Give one of them.`,
    );
  }
  if (!(channelsPerGroup >= 1) || features % channelsPerGroup !== 0) {
    throw new Error(
      `channelsPerGroup ${channelsPerGroup} does not divide the ${features} channels of a layer. ` +
        `Use one of ${divisors(features).join(', ')}.`,
    );
  }
  return features / channelsPerGroup;
}

/** Throws unless `groups` cut the features into equal parts; names those that would. */
export function checkGroups(layer: string, groups: number, features: number): void {
  checkCount(layer, 'features', features);
  if (Number.isInteger(groups) && groups >= 1 && features % groups === 0) return;
  throw new Error(
    `${layer}(groups=${groups}, features=${features}): the groups must divide the features. ` +
      `Use one of ${divisors(features).join(', ')}.`,
  );
}
