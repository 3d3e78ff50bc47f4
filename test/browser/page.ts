/** A page with the whole library, for bundle.test.ts to build. */
import * as normgrad from '../../src/index.ts';

Object.assign(globalThis, { normgrad });
