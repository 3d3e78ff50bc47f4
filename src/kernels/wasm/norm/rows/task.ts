import { parameterBlock } from '../../templates/parameters.ts';
import { BACKWARD, BACKWARD_OPTIONS, FORWARD, FORWARD_OPTIONS } from '../task.ts';

/** Parameters of norms by rows, with what the view says: `group` rows to a part, or chunks of `group` columns, `parts` to a row. */
const VIEW = [
  'rows', // n
  'groups', // g
  'k',
  'features', // g k
  'parts',
  'group',
  'ownBytes', // of one thread
] as const;

export const forwardTask = parameterBlock({ fixed: VIEW, call: FORWARD, doubles: FORWARD_OPTIONS });
export const backwardTask = parameterBlock({
  fixed: [
    ...VIEW,
    'stride', // from the float32 sums of dgamma to those of dbeta
    'gradientsBytes', // of one part
  ],
  call: BACKWARD,
  doubles: BACKWARD_OPTIONS,
});
