import type { Command } from 'commander';
import { classCounts, type Dataset, datasetWarnings, type ImageSet, isTable } from '../../data/dataset.ts';
import { channelStatistics } from '../../data/transforms.ts';
import { grouped, plural } from '../../errors.ts';
import { resolveConfig } from '../../train/config.ts';
import { dataChecksum, loadData } from '../../train/data.ts';
import { asUsageError } from '../arguments.ts';
import { type Output, outputOf } from '../output.ts';
import { tableText } from '../table.ts';
import { flagOf, givenOptions } from '../train/options.ts';

/** What `data show` reads beside the dataset. */
export const showFields = ['dataDir', 'label', 'size', 'testFraction'];

/** Classes and channels that are listed. */
const MOST_ROWS = 20;

/** `data show`: what a run would be given, before there is one. */
export async function showDataset(dataset: string, _: unknown, command: Command): Promise<void> {
  const output = outputOf(command);
  try {
    const config = resolveConfig({ ...givenOptions(command).options, dataset });
    const data = await loadData(config);
    for (const warning of datasetWarnings(data)) output.warn(warning);
    const { train, test } = data;
    const { height, width, channels, classes } = train;
    const checksum = dataChecksum(config, data);
    const shape = isTable(train)
      ? plural(channels, 'feature')
      : `images of ${height} x ${width} x ${channels}`;
    const values = train.images instanceof Uint8Array ? 'bytes' : 'measured values';
    output.result(
      `${grouped(train.count)} to train on, ${grouped(test.count)} for the test: ${shape}, ${values}`,
    );
    output.result(classTable(data, output));
    output.result(channelTable(train, output));
    output.note(`checksum ${checksum}`);
    const rows = counts(data);
    output.event('result', {
      dataset,
      train: train.count,
      test: test.count,
      height,
      width,
      channels,
      classes: rows,
      checksum,
    });
    if (classes.length > MOST_ROWS)
      output.note(`${plural(classes.length, 'class')}es; --json lists them all`);
  } catch (error) {
    throw asUsageError(error, flagOf);
  }
}

function counts({ train, test }: Dataset) {
  const [a, b] = [classCounts(train), classCounts(test)];
  return train.classes.map((name, i) => ({ name, train: a[i], test: b[i] }));
}

function classTable(data: Dataset, output: Output): string {
  const rows = counts(data).map(({ name, train, test }) => [name, grouped(train), grouped(test)]);
  return tableText([`class (of ${rows.length})`, 'train', 'test'], rows.slice(0, MOST_ROWS), output);
}

/** Of the training images: what they are scaled by. */
function channelTable(train: ImageSet, output: Output): string {
  const { mean, std, min, max } = channelStatistics(train);
  const cells = mean.map((_, c) => [
    String(c + 1),
    ...[mean, std, min, max].map((each) => shortNumber(each[c])),
  ]);
  const unit = train.images instanceof Uint8Array ? ', 255 as 1' : '';
  const head = `${isTable(train) ? 'feature' : 'channel'} (of ${cells.length}${unit})`;
  return tableText([head, 'mean', 'std', 'min', 'max'], cells.slice(0, MOST_ROWS), output);
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
