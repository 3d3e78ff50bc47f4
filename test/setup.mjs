import { rmSync } from 'node:fs';
import { makePackage } from '../scripts/package.mjs';

/** Once before all tests: builds the package for those that run it (package.ts), unless scripts/test.mjs has built it. */
export default async function setup({ provide }) {
  const folder = process.env.TEST_PACKAGE ?? (await makePackage());
  provide('package', folder);
  return () => {
    if (process.env.TEST_PACKAGE === undefined) rmSync(folder, { recursive: true });
  };
}
