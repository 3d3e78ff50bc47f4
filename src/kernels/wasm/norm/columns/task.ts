import { parameterBlock } from '../../templates/parameters.ts';
import { BACKWARD, BACKWARD_OPTIONS, FORWARD, FORWARD_OPTIONS } from '../task.ts';

/** Parameters of norms by columns, with what the view says and how the work is cut (plan.ts). */
const VIEW = [
  'images', // n
  'imageBytes',
  'groups', // g
  'k',
  'features', // g k
  'parts', // of an image
  'sumsBytes', // of one part
  'tableBytes', // of one coefficient
  'tablesBytes', // of one image
  'ownBytes', // of one thread
  // How an image is walked: see foldedRows.ts.
  'stride',
  'rows',
  'tail', // floats
  'partRows',
] as const;

export const forwardTask = parameterBlock({
  fixed: [
    ...VIEW,
    // The same for the statistics, which may fold an image otherwise.
    'setStride',
    'setRows',
    'setTail',
    'setPartRows',
    'setK', // k, or 1 where all columns of an image are one set, which is walked as one long row
  ],
  call: FORWARD,
  doubles: FORWARD_OPTIONS,
});

export const backwardTask = parameterBlock({
  fixed: [
    ...VIEW,
    'group', // images in a run that shares sums of dgamma and dbeta
    'gradientsBytes', // of one run
  ],
  call: BACKWARD,
  doubles: BACKWARD_OPTIONS,
});
