export { checkLaws, type LawRow } from './checkLaws.ts';
export { GoldenFileError } from './goldenFile.ts';
export { type GradcheckRow, gradcheckNorm } from './gradcheckNorm.ts';
export {
  type VerifyCase,
  type VerifyOptions,
  type VerifyReport,
  verifyFile,
} from './verify.ts';
