export { GoldenFileError } from './goldenFile.ts';
export { type GradcheckRow, gradcheckNorm } from './gradcheckNorm.ts';
export { checkLaws, type LawRow } from './laws.ts';
export {
  type VerifyCase,
  type VerifyOptions,
  type VerifyReport,
  verifyFile,
} from './verify.ts';
