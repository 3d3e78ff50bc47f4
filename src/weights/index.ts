export type { WeightNames, WeightsFormat } from './file.ts';
export { type LoadOptions, type LoadReport, load } from './load.ts';
export type { NameMap } from './match.ts';
export { type SaveOptions, save } from './save.ts';
