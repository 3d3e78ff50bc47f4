import { makeOurs } from './ours.ts';
import { serve } from './peers/serve.mjs';

/** The process of our own side, compiled by side.ts: what users run is compiled, too. */
await serve('normgrad', makeOurs);
