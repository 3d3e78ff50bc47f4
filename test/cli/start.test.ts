import { expect, it } from 'vitest';
import { normgrad } from './normgrad.ts';

/** Node names the files of a package that it loads, and says when the data of Unicode's graphemes are read. */
const watched = `
import { register } from 'node:module';
import { writeSync } from 'node:fs';
register('data:text/javascript,' + encodeURIComponent(\`
  import { writeSync } from 'node:fs';
  export function load(url, context, next) {
    if (url.startsWith('file:')) writeSync(2, 'loads ' + url.split('/').at(-1) + '\\\\n');
    return next(url, context);
  }\`));
Intl.Segmenter = class extends Intl.Segmenter {
  constructor() {
    super();
    writeSync(2, 'loads graphemes\\n');
  }
};`;

async function loadedBy(...args: string[]): Promise<string[]> {
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(watched)}`;
  const { code, stderr } = await normgrad(args, { env: { NODE_OPTIONS } });
  expect(code).toBe(0);
  return [...stderr.matchAll(/^loads (.*)$/gm)].map(([, name]) => name);
}

it('a process loads few files, and help neither schemas nor the data of graphemes', async () => {
  const files = await loadedBy('--help');
  expect(files).toEqual(['normgrad.mjs', 'main.js', 'part-help.js', 'part-rolldown-runtime.js']);
  const ofTrain = await loadedBy('train', '--help');
  expect(ofTrain).toContain('part-library.js');
  expect(ofTrain.length).toBeLessThan(10);
});
