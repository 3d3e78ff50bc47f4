import type { Dataset } from '../data/dataset.ts';
import type { DatasetPreparer } from '../train/sweepWorker.ts';
import { findExperiment } from './sweepPlan.ts';

/** What the experiment of that name or file makes of its dataset; sweeps load this in their worker processes. */
const prepareDataset: DatasetPreparer = async (experiment, dataset): Promise<Dataset> => {
  const { prepare } = await findExperiment(experiment);
  return prepare?.(dataset) ?? dataset;
};

export default prepareDataset;
