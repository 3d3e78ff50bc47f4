/** `npm start`: the first experiment, with and without normalization. */
import { launch, userFolder } from './launch.mjs';

launch(['start', ...process.argv.slice(2)], userFolder());
