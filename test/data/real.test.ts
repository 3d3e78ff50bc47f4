import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datasetWarnings } from '../../src/data/dataset.ts';
import { sourceFolder } from '../../src/data/files/files.node.ts';
import { loadDataset } from '../../src/data/files/load.node.ts';
import { verifySource } from '../../src/data/files/verify.node.ts';
import { sources } from '../../src/data/sources.ts';
import { channelStatistics } from '../../src/data/transforms.ts';

const dataDir = process.env.NORMGRAD_DATA;

/** Runs where NORMGRAD_DATA has the dataset; elsewhere it says why it does not. */
function withReal(name: keyof typeof sources, run: (dataDir: string) => Promise<void>): void {
  const folder = dataDir && join(dataDir, sources[name].folder);
  const reason = !folder
    ? 'NORMGRAD_DATA is not set'
    : existsSync(folder)
      ? undefined
      : `${folder} does not exist`;
  if (reason) console.info(`skipped: real ${sources[name].title} (${reason})`);
  test.skipIf(reason !== undefined)(`${sources[name].title}${reason ? ` (skipped: ${reason})` : ''}`, () =>
    run(dataDir!),
  );
}

describe('real data', () => {
  withReal('mnist', async (folder) => {
    const data = await loadDataset('mnist', { dataDir: folder });
    expect(datasetWarnings(data)).toEqual([]);
    expect([data.train.count, data.test.count, data.train.height, data.train.width]).toEqual([
      60000, 10000, 28, 28,
    ]);
    // The first labels as every MNIST tutorial shows them.
    expect([...data.train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    // The constants of PyTorch's MNIST example.
    const { mean, std } = channelStatistics(data.train);
    expect(mean[0]).toBeCloseTo(0.1307, 4);
    expect(std[0]).toBeCloseTo(0.3081, 4);
    const { files } = await verifySource(sources.mnist, sourceFolder(sources.mnist, folder));
    expect(files.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  withReal('cifar10', async (folder) => {
    const { train, test: held } = await loadDataset('cifar10', { dataDir: folder });
    expect([train.count, held.count, train.channels]).toEqual([50000, 10000, 3]);
    const counts = new Array(10).fill(0);
    for (const label of train.labels) counts[label]++;
    expect(counts).toEqual(new Array(10).fill(5000));
    // Mean of the red channel: 0.4914 in the published files.
    expect(channelStatistics(train).mean[0]).toBeCloseTo(0.491, 2);
  });
});
