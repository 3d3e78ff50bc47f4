import { statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Watches the results of runs: each is written once, and its file stays what it was. Call what it returns to end that, and to hear
 * how many results there were, and the folders of those that did not stay.
 */
export function watchResults(folders: readonly string[]): () => { written: number; rewritten: string[] } {
  const files = new Map<string, string>();
  const rewritten: string[] = [];
  const look = () => {
    for (const folder of folders) {
      const found = statSync(join(folder, 'result.json'), { bigint: true, throwIfNoEntry: false });
      const known = files.get(folder);
      if (found === undefined && known === undefined) continue;
      const now = found ? `${found.ino} ${found.mtimeNs}` : 'gone';
      if ((known ?? now) !== now) rewritten.push(folder);
      files.set(folder, now);
    }
  };
  const watch = setInterval(look, 50).unref();
  return () => {
    clearInterval(watch);
    look();
    return { written: files.size, rewritten };
  };
}
