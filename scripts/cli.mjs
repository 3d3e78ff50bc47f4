/** `npm run -s normgrad -- <command> …`: any command of the command line, run in the user's folder. */
import { launch, userFolder } from './launch.mjs';

launch(process.argv.slice(2), userFolder());
