/** The package as its users have it: packed by npm, and installed from that file into an empty project. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageFolder } from '../package.ts';

export const run = promisify(execFile);

export interface InstalledPackage {
  /** A project with nothing in it but the package. */
  project: string;
  /** node_modules/normgrad in it. */
  folder: string;
  remove(): void;
}

export async function installPackage(): Promise<InstalledPackage> {
  const place = mkdtempSync(join(tmpdir(), 'normgrad-published-'));
  const project = join(place, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true }');
  const pack = ['pack', packageFolder, '--pack-destination', place, '--silent'];
  const { stdout } = await run('npm', pack, { cwd: place });
  const tarball = join(place, stdout.trim().split('\n').at(-1)!);
  // Without a registry: the package needs no other.
  const install = ['install', tarball, '--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', install, { cwd: project });
  return {
    project,
    folder: join(project, 'node_modules/normgrad'),
    remove: () => rmSync(place, { recursive: true }),
  };
}
