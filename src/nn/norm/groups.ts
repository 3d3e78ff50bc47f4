/** The largest divisor of `features` up to 8: the paper's 32 groups are too many for the narrow networks of a CPU. */
export function defaultGroups(features: number): number {
  let groups = Math.min(8, features);
  while (features % groups !== 0) groups--;
  return groups;
}

/** Throws unless `groups` cut the features into equal parts; names those that would. */
export function checkGroups(layer: string, groups: number, features: number): void {
  if (Number.isInteger(groups) && groups >= 1 && features % groups === 0) return;
  const fitting = Array.from({ length: features }, (_, i) => i + 1).filter((g) => features % g === 0);
  throw new Error(
    `${layer}(groups=${groups}, features=${features}): the groups must divide the features. ` +
      `Use one of ${fitting.join(', ')}.`,
  );
}
