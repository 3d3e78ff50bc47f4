export { Adam, type AdamOptions, AdamW } from './adam.ts';
export { clipGradNorm, clipGradValue } from './clip.ts';
export { createOptimizer, type OptimizerName, optimizerNames } from './create.ts';
export { parameterGroups } from './groups.ts';
export type { Optimizer, OptimizerState, ParameterGroup } from './optimizer.ts';
export { Rmsprop, type RmspropOptions } from './rmsprop.ts';
export { constant, cosine, linear, type Schedule, scaledLr, stepDecay, withWarmup } from './schedules.ts';
export { Sgd, type SgdOptions } from './sgd.ts';
