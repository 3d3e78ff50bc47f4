import { ConfigError } from '../errors.ts';
import { absolute, hashesOf, isFile, requireSameCode, shownPath } from './code/files.ts';
import { loadCode } from './code/load.ts';
import { type CodeKind, codeName, isCode } from './code/names.ts';
import type { TrainConfig, TrainOptions } from './config.ts';
import type { Setting } from './setting.ts';
import { type SettingName, settings } from './settings.ts';

/** The settings whose values may be files of a user's code, and what becomes of them on the way to a run. */

const kinds = Object.entries(settings as Record<string, Setting>).flatMap(([field, { code }]) =>
  code ? [[field as SettingName, code] as const] : [],
);

/** The settings with every file at its absolute path; a relative one is from `folder` on. */
export function fromFolder<Options extends TrainOptions>(options: Options, folder?: string): Options {
  return withFiles(options, (path) => absolute(path, folder));
}

/**
 * The configuration with its files at absolute paths, and with their hashes, as far as it has none yet: the texts that the run is
 * begun with. A ConfigError where there is no such file.
 */
export function withHashes(config: TrainConfig): TrainConfig {
  const placed = fromFolder(config);
  let code = config.code ?? {};
  for (const { field, path } of filesOf(placed)) {
    if (path in code) continue;
    if (!isFile(path)) {
      throw new ConfigError(field, `there is no file ${shownPath(path)}`, [
        'a path is from the current folder on; in an experiment or a grid, from the folder of that file',
      ]);
    }
    code = { ...code, ...hashesOf(path) };
  }
  return Object.keys(code).length > 0 ? { ...placed, code } : placed;
}

/** Imports every file of the configuration, none of which may have another text by now. */
export async function loadFiles(config: TrainConfig): Promise<void> {
  if (config.code) requireSameCode(config.code);
  for (const { kind, path } of filesOf(config)) await loadCode(kind, path);
}

/** With the names of files in the place of their paths: what the same run is called, wherever its files lie. */
export function withNames(config: TrainConfig): TrainConfig {
  return withFiles(config, codeName);
}

function filesOf(config: TrainConfig): { field: SettingName; kind: CodeKind; path: string }[] {
  return kinds.flatMap(([field, kind]) =>
    [config[field]].flat().flatMap((value) => (isCode(value) ? [{ field, kind, path: value }] : [])),
  );
}

function withFiles<Options extends TrainOptions>(
  options: Options,
  change: (path: string) => string,
): Options {
  const changed: Record<string, unknown> = { ...options };
  const changedValue = (value: unknown) => (isCode(value) ? change(value) : value);
  for (const [field] of kinds) {
    const value = changed[field];
    if (value !== undefined)
      changed[field] = Array.isArray(value) ? value.map(changedValue) : changedValue(value);
  }
  return changed as Options;
}
