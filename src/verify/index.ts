export { GoldenFileError } from './goldenFile.ts';
export { type GradcheckNormOptions, type GradcheckRow, gradcheckNorm } from './gradcheckNorm.ts';
export {
  tolerances,
  type VerifyCase,
  type VerifyOptions,
  type VerifyReport,
  type VerifyRun,
  verifyFile,
} from './verify.ts';
