import { basename, join } from 'node:path';
import { invalidFile } from '../errors.ts';
import { decodeCifar } from '../format/cifar.ts';
import { gunzip } from '../format/gzip.ts';
import { readTar } from '../format/tar.ts';
import { type CifarSource, fileNames } from '../sources.ts';
import { hexDigest, readDataFile, saveFile } from './files.node.ts';
import { type Check, checkArchive, type Manifest, manifestName } from './verify.node.ts';

/**
 * Unpacks a CIFAR archive (.tar.gz, or .tar) into `folder`, with a manifest that ties the files to the archive. Nothing is
 * written before every file of it was found and could be read. Returns how the archive compares with the published one.
 */
export async function unpackArchive(source: CifarSource, archive: string, folder: string): Promise<Check> {
  const bytes = await readDataFile(archive);
  const archiveMd5 = hexDigest('md5', bytes);
  const entries = filesOf(await gunzip(bytes, archive), archive);

  const sha256: Record<string, string> = {};
  for (const name of fileNames(source)) {
    const data = entries.get(name);
    if (!data) {
      throw invalidFile(
        archive,
        `an archive without ${name}`,
        `the binary version of ${source.title} (${source.archive.file})`,
        'Use that archive; the Python and Matlab versions hold other files.',
      );
    }
    decodeCifar({ file: `${archive} › ${name}`, bytes: data }, source.format);
    sha256[name] = hexDigest('sha256', data);
  }
  for (const [name, data] of entries) {
    // The .txt files hold the class names.
    if (sha256[name] !== undefined || name.endsWith('.txt')) await saveFile(join(folder, name), data);
  }
  const manifest: Manifest = { archiveMd5, sha256 };
  await saveFile(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  return checkArchive(source, archiveMd5);
}

/** By their last name: CIFAR's lie in one folder. */
function filesOf(content: Uint8Array, archive: string): Map<string, Uint8Array> {
  try {
    return new Map(readTar(content).map(({ name, data }) => [basename(name), data]));
  } catch (cause) {
    throw invalidFile(
      archive,
      `a tar archive that breaks off (${(cause as Error).message})`,
      'a complete one',
      'Fetch it again, or copy it again from where it came.',
      { cause },
    );
  }
}
