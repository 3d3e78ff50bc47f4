/** The versions of Node between the oldest and the newest, which package.test.ts has. */
import { afterAll, beforeAll, test } from 'vitest';
import { type InstalledPackage, installPackage } from './install.ts';
import { checkOnNode, nodeVersions } from './nodes.ts';

let installed: InstalledPackage;
beforeAll(async () => {
  installed = await installPackage();
});
afterAll(() => installed.remove());

test.each(nodeVersions.between)('Node %s runs the installed package, and warns of nothing', (version) =>
  checkOnNode(version, installed),
);
