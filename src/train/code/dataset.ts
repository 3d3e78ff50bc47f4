import { checkDataset } from '../../data/checkDataset.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { LoadOptions } from '../../data/files/load.node.ts';
import { shownPath } from './files.ts';
import { exportOf } from './import.ts';
import { loadCode } from './load.ts';
import { codeName } from './names.ts';
import { asCodeError } from './place.ts';

/** The dataset that a user's file exports, or that the function in it returns, which may take a while. Throws DataError, CodeError. */
export async function datasetOfCode(path: string, options: LoadOptions): Promise<Dataset> {
  await loadCode('dataset', path);
  const exported = exportOf(path);
  try {
    const value: unknown = typeof exported === 'function' ? await exported(options) : exported;
    return checkDataset(codeName(path), shownPath(path), value);
  } catch (error) {
    throw asCodeError(error);
  }
}
