import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, buildProcesses, runNode } from './build.mjs';
import { root } from './install.mjs';

/**
 * Builds the package as npm would publish it, in a new folder below node_modules, where it finds the optional peer that draws
 * PNGs. A folder of its own: with a dist/ in this one, bin/normgrad.mjs would run that instead of the source. Whoever calls
 * removes it.
 */
export async function makePackage() {
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'package-'));
  // Without the condition under which a clone's source is run: vitest sets it for all that its tests import.
  const described = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'), (key, value) =>
    // Nor what is of the clone alone: npm would run `prepack` here.
    ['normgrad-source', 'scripts', 'devDependencies'].includes(key) ? undefined : value,
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify(described, null, 2));
  for (const file of described.files.filter((file) => file !== 'dist')) {
    if (file.startsWith('!')) rmSync(join(folder, file.slice(1)), { recursive: true });
    else cpSync(join(root, file), join(folder, file), { recursive: true });
  }
  // As npm links it, so that it is called by its name.
  symlinkSync('bin/normgrad.mjs', join(folder, 'normgrad'));
  // npm leaves `compiled` out of what it packs: `files` does not name it.
  const forTests = { compiled: 'test/compiled.ts', process: 'src/runs/sweep/process.ts' };
  await Promise.all([
    build(join(folder, 'dist')),
    buildProcesses(join(folder, 'compiled'), forTests),
    buildPage(join(folder, 'docs/page')),
  ]);
  return folder;
}

/** The interactive page, by a process of its own: it is made from the source, which is TypeScript. */
async function buildPage(folder) {
  const flags = ['--import', 'tsx', '--conditions=normgrad-source'];
  const status = await runNode([...flags, 'scripts/page.ts', folder, '--compressed']);
  if (status !== 0) throw new Error('the page could not be built; its message is above');
}
