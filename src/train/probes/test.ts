import { evaluate } from '../evaluate.ts';
import type { Probe } from './probe.ts';

/** Loss and accuracy (0 to 1) on the test images, as after an epoch, but between its steps. */
export const test: Probe = async ({ model, data, config }) => ({
  ...(await evaluate(model, data, config)),
});
