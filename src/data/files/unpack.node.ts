import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseTar } from 'nanotar';
import { invalidFile } from '../errors.ts';
import { decodeCifar } from '../format/cifar.ts';
import { gunzip } from '../format/gzip.ts';
import { type CifarSource, fileNames } from '../sources.ts';
import { hexDigest, saveFile } from './files.node.ts';
import { type Check, checkArchive, type Manifest, manifestName } from './verify.node.ts';

/**
 * Unpacks a CIFAR archive (.tar.gz, or .tar) into `folder`, with a manifest that ties the files to the archive. Nothing is
 * written before every file of it was found and could be read. Returns how the archive compares with the published one.
 */
export async function unpackArchive(source: CifarSource, archive: string, folder: string): Promise<Check> {
  const bytes = await readFile(archive);
  const archiveMd5 = hexDigest('md5', bytes);
  const entries = readTar(await gunzip(bytes, archive), archive);

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

/** The files of a tar archive by their last name: CIFAR's lie in one folder. */
function readTar(content: Uint8Array, archive: string): Map<string, Uint8Array> {
  // parseTar reads the whole buffer under the array it is given.
  const whole = content.byteLength === content.buffer.byteLength ? content : content.slice();
  try {
    const files = parseTar(whole).filter(({ type, data }) => type === 'file' && data !== undefined);
    return new Map(files.map(({ name, data }) => [basename(name), data!]));
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
