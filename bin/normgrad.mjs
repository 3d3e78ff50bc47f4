#!/usr/bin/env node
/** The `normgrad` command: the compiled command line where there is one (the npm package), or else the source. */
import { existsSync } from 'node:fs';

const compiled = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(compiled)) {
  await import(compiled.href);
} else {
  const { launch } = await import('../scripts/launch.mjs');
  launch(process.argv.slice(2));
}
