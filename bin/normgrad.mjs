#!/usr/bin/env node
/** The `normgrad` command: the compiled command line where there is one (the npm package), or else the source. */
import { existsSync } from 'node:fs';
import module from 'node:module';

const compiled = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(compiled)) {
  // From Node 22.8 on the second start finds what V8 made of the code in the first.
  module.enableCompileCache?.();
  await import(compiled.href);
} else {
  const { launch } = await import('../scripts/launch.mjs');
  launch(process.argv.slice(2));
}
